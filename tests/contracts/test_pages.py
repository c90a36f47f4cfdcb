"""What every page owes: a full description, a permission asked, words when there is nothing."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage
from playwright.sync_api import Page as Tab

from auth import roles
from pages import SECTIONS, Page, registry
from tests.product import ADMIN_PASSWORD, RunningApp, sign_in

ROOT = Path(__file__).parents[2]
PAGES = registry.pages()
FILES = sorted((ROOT / "pages").glob("*.py"))
_every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slug)


def test_every_page_of_the_registry_can_be_imported() -> None:
    assert len(PAGES) == len(registry._MODULES)
    assert len({page.slug for page in PAGES}) == len(PAGES)
    assert len({page.title for page in PAGES}) == len(PAGES)


@_every_page
def test_a_page_is_described_completely(page: Page) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_-]*", page.slug)
    assert page.slug not in {"auth", "api", "health", "metrics", "media", "component", "static"}
    assert page.title == page.title.strip() != ""
    assert re.fullmatch(r":material/[a-z0-9_]+:", page.icon)
    assert page.section in (*SECTIONS, "")
    assert page.resource is None or page.action in roles.ACTIONS[page.resource]


@_every_page
def test_a_page_reads_as_a_table_of_contents(page: Page) -> None:
    lines, _ = inspect.getsourcelines(page.render)
    assert len(lines) < 80


@_every_page
def test_a_page_asks_for_permission_before_anything_else(page: Page) -> None:
    source = inspect.getsource(page.render)
    asked = re.search(r'guard\.(require\("(\w+)"|person\(\))', source)
    assert asked, "call guard.require(…) in render()"
    if page.resource is not None and asked.group(2) is None:
        assert "guard.require(" in source[asked.end() :], "a person alone is no permission"
    elif page.resource is not None:
        assert asked.group(2) == page.resource
    assert not re.search(r"\bst\.\w+\(|\bdatabase\.", source[: asked.start()])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_fragment_asks_again(path: Path) -> None:
    """A fragment runs without the entry code, so the page's own question does not cover it."""
    tree = ast.parse(path.read_text("utf-8"))
    functions = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    wrapped = [
        node.args[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "st.fragment"
        and node.args
        and isinstance(node.args[0], ast.Name)
    ]
    decorated = [
        name
        for name, node in functions.items()
        if any("st.fragment" in ast.unparse(mark) for mark in node.decorator_list)
    ]
    for name in (*wrapped, *decorated):
        if name in functions:
            assert "guard." in ast.unparse(functions[name]), f"{name}() must call guard.require"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_importing_a_page_does_nothing(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    calls = [
        ast.unparse(inner.func)
        for node in tree.body
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)) and node.value is not None
        for inner in ast.walk(node.value)
        if isinstance(inner, ast.Call) and not isinstance(node.value, ast.Lambda)
    ]
    assert not [name for name in calls if re.match(r"(st|guard|database|metrics|requests)\.", name)]


@pytest.fixture(scope="module")
def tab(app: RunningApp, browser: Browser) -> Iterator[Tab]:
    """An admin's browser, signed in once, on a database without a single row."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    opened = context.new_page()
    sign_in(opened, app.url, "admin", ADMIN_PASSWORD)
    yield opened
    context.close()


@_every_page
def test_a_page_opens_on_an_empty_database_and_fits_a_phone(
    page: Page, app: RunningApp, tab: Tab
) -> None:
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # Streamlit's client looks for its server under each part of a deep link first.
        if message.type == "error" and "/_stcore/" not in str(message.location.get("url")):
            said.append(message.text)

    tab.on("console", hear)
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.goto(f"{app.url}/{page.slug}")
    tab.locator("h1").first.wait_for()
    _settled(tab)
    shown = tab.locator('[data-testid="stMain"]').inner_text()
    assert "could not be shown" not in shown, app.log()[-3000:]
    assert "cannot be shown" not in shown, app.log()[-3000:]
    assert tab.locator('[data-testid="stException"]').count() == 0
    assert _overflow(tab) <= 0
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.wait_for_timeout(400)
    assert _overflow(tab) <= 0
    tab.remove_listener("console", hear)
    assert said == []


def _settled(tab: Tab) -> None:
    """Until nothing has been added to the page for half a second."""
    before = -1
    for _ in range(40):
        now = tab.locator('[data-testid="stMain"] *').count()
        if now == before:
            return
        before = now
        tab.wait_for_timeout(500)


def _overflow(tab: Tab) -> int:
    """Pixels by which the page is wider than the window."""
    found: int = tab.evaluate(
        "Math.max(...[document.querySelector('[data-testid=stMain]'), document.documentElement]"
        ".map((part) => part.scrollWidth - part.clientWidth))"
    )
    return found
