# What you want to do with the product; `make run` and `make test` need nothing installed before.
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3.14 python3))
PORT ?= 8501
BIN := .venv/bin
ROOMS := config data auth alerts components pages server worker commands

run: .venv/runtime ## start the product
	@exec $(BIN)/streamlit run app.py --server.port $(PORT)

test: .venv/development browser provider ## run every test
	$(BIN)/pytest

check: .venv/development ## format, lint, types, imports, security
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m commands.advisories
	$(BIN)/bandit -q -ll -s B608 -r app.py manage.py $(ROOMS) # B608: SQL is put together from constants

demo: .venv/runtime ## load the sample company
	$(BIN)/python manage.py sample load

bench: .venv/development browser ## measure side by side with references
	$(BIN)/python -m bench

screenshot: .venv/development browser ## take the README's picture anew
	$(BIN)/pytest -n 0 tests/contracts/test_screenshot.py
	cp test-results/business.png docs/screenshot.png

browser: ## find or install the browser that the tests drive
	@command -v chromium chromium-browser google-chrome >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq chromium; \
	else \
		echo "No browser found. Install one: sudo apt-get install chromium"; exit 1; \
	fi

provider: tests/oidc/node_modules/.package-lock.json ## install the OpenID provider of the tests

tests/oidc/node_modules/.package-lock.json: tests/oidc/package-lock.json
	@command -v npm >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends nodejs npm; \
	else \
		echo "Node.js was not found. Install it: sudo apt-get install nodejs npm"; exit 1; \
	fi
	@cd tests/oidc && npm ci --silent --no-audit --no-fund
	@touch $@

.venv/bin/python:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed. Install it: sudo apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "Python's venv module is needed. Install it: sudo apt-get install python3-venv"; exit 1; }

.venv/runtime: .venv/bin/python requirements.txt requirements.lock
	@echo "Installing what the product needs (once, about a minute) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/development: .venv/runtime requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

.PHONY: run test check demo bench screenshot browser provider help
