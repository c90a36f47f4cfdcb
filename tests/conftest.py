"""Real parts for every test: an embedded PostgreSQL, the running product, a browser."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from config import settings as settings_module
from data import database as database_module
from data import migrate
from data.embedded import EmbeddedPostgres
from tests.product import ADMIN_PASSWORD, SCRATCH, RunningApp, find_browser, sign_in

_TEMPLATE = "migrated"


def pytest_sessionfinish() -> None:
    """Leave nothing behind."""
    for folder in SCRATCH:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[str], str]]:
    """A server of this test process; called with a name it gives the URL of that database."""
    home = Path(tempfile.mkdtemp(prefix="sentia-test-"))
    server = EmbeddedPostgres(home)
    url = server.start()

    def named(name: str) -> str:
        return url.replace("@/sentia?", f"@/{name}?").replace("+psycopg2", "")

    _sql(named("postgres"), f"CREATE DATABASE {_TEMPLATE}")
    _point_at(named(_TEMPLATE))
    migrate.upgrade()
    database_module.stop()
    yield named
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def database(postgres: Callable[[str], str]) -> Iterator[str]:
    """A fresh migrated database that `data.database` points at; yields its URL."""
    with _new_database(postgres) as url:
        _point_at(url)
        yield url
        database_module.stop()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A SENTIA_HOME of this test alone."""
    monkeypatch.setenv("SENTIA_HOME", str(tmp_path / "home"))
    settings_module.settings.cache_clear()
    return tmp_path / "home"


@pytest.fixture(scope="module")
def app(postgres: Callable[[str], str]) -> Iterator[RunningApp]:
    """The running product with a database of its own, for one test module."""
    with _new_database(postgres) as url:
        running = RunningApp(database_url=url)
        running.start()
        yield running
        running.stop()


@pytest.fixture
def same_database(app: RunningApp) -> Iterator[None]:
    """This process looks at the running product's database."""
    with app.connected():
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=find_browser(),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                  "--disable-background-networking", "--disable-component-update",
                  "--disable-sync"],
        )  # fmt: skip
        yield opened
        opened.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile of this test alone, 1440 px wide."""
    made = browser.new_context(viewport={"width": 1440, "height": 900})
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def signed_in(app: RunningApp, context: BrowserContext) -> Callable[..., Page]:
    """`signed_in("performance", user="admin", password=…)` opens that page as that person."""

    def opened(path: str = "", user: str = "admin", password: str = ADMIN_PASSWORD) -> Page:
        page = context.new_page()
        sign_in(page, f"{app.url}/{path}", user, password)
        return page

    return opened


class _new_database:
    """A database made from the migrated template, dropped at the end."""

    def __init__(self, postgres: Callable[[str], str]) -> None:
        self.postgres = postgres
        self.name = f"t_{secrets.token_hex(6)}"

    def __enter__(self) -> str:
        maintenance = self.postgres("postgres")
        _sql(maintenance, f"CREATE DATABASE {self.name} TEMPLATE {_TEMPLATE}")
        return self.postgres(self.name)

    def __exit__(self, *_: object) -> None:
        _sql(self.postgres("postgres"), f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


def _sql(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def _point_at(url: str) -> None:
    os.environ["DATABASE_URL"] = url
    settings_module.settings.cache_clear()
    database_module.stop()
    database_module.start()
    del os.environ["DATABASE_URL"]
