"""Who sees which page, in a real browser: strangers, every role, a database that goes away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect
from playwright.sync_api import Page as Tab

from auth import roles
from pages import Page
from pages.registry import pages
from tests.conftest import _new_database
from tests.product import ADMIN_PASSWORD, RunningApp, sign_in
from tests.server import front_door
from tests.server.severed import Line

GOOD = "correct horse battery"
# A machine that runs the whole suite is slower than the five seconds that are the default.
expect.set_options(timeout=15_000)
SLUGS = [page.slug for page in pages()]


@pytest.fixture(scope="module", autouse=True)
def people(app: RunningApp) -> None:
    for role in roles.ROLES:
        done = app.manage("users", "add", f"{role}1", "--role", role, "--password", GOOD)
        assert done.returncode == 0, done.stderr


def test_a_deep_link_on_a_cold_process_signed_out_shows_only_the_login_form(
    app: RunningApp, context: BrowserContext
) -> None:
    for slug in ("users", SLUGS[-1]):
        cold = RunningApp(database_url=app.database_url)
        cold.start()
        try:
            tab = context.new_page()
            tab.goto(f"{cold.url}/{slug}")
            expect(tab.get_by_role("textbox", name="Username")).to_be_visible()
            assert tab.get_by_test_id("stSidebarNav").count() == 0
            words = tab.get_by_test_id("stMain").inner_text().split()
            assert "Sign" in words
            assert len(words) < 20, "nothing but the form"
        finally:
            cold.stop()


@pytest.mark.parametrize("slug", SLUGS)
def test_no_page_runs_for_a_stranger(app: RunningApp, slug: str) -> None:
    tab = front_door.open_tab(app)
    tab.run(slug)
    assert "Username" in tab.seen()
    assert tab.pages() == set()


def _theirs(role: str, page: Page) -> bool:
    return page.resource is None or roles.can(role, page.resource, page.action)


@pytest.mark.parametrize("role", roles.ROLES)
def test_the_navigation_holds_exactly_what_the_role_may_read(app: RunningApp, role: str) -> None:
    tab = front_door.open_tab(app, front_door.cookie_for(app, f"{role}1"))
    tab.run("account")
    theirs = {page.slug for page in pages() if page.section and _theirs(role, page)}
    assert tab.pages() == theirs


@pytest.mark.parametrize("role", roles.ROLES)
def test_forced_browsing_ends_at_a_sentence_that_names_who_can_grant(
    app: RunningApp, role: str
) -> None:
    cookie = front_door.cookie_for(app, f"{role}1")
    for page in pages():
        tab = front_door.open_tab(app, cookie)
        tab.run(page.slug)
        denied = f"Your role, {role}, may not" in tab.seen()
        assert denied is not _theirs(role, page), page.slug
        if denied:
            assert "Ask Administrator or admin1" in tab.seen()
        tab.socket.close()


def test_a_denial_is_in_the_trail(app: RunningApp) -> None:
    tab = front_door.open_tab(app, front_door.cookie_for(app, "viewer1"))
    tab.run("users")
    rows = front_door.sql(
        app, "SELECT actor, object, address FROM audit WHERE action = 'denied' ORDER BY id DESC"
    )
    assert rows[0] == ("viewer1", "users", "127.0.0.1")


def test_every_page_says_who_is_signed_in(app: RunningApp, signed_in: Callable[..., Tab]) -> None:
    tab = signed_in("account", user="viewer1", password=GOOD)
    account = tab.get_by_test_id("stSidebar").locator(".st-key-account")
    expect(account).to_contain_text("viewer1")
    expect(account).to_contain_text("Viewer")
    expect(account.get_by_role("button", name="Sign out")).to_be_visible()


def test_the_start_leads_to_a_page_with_an_address_of_its_own(
    app: RunningApp, signed_in: Callable[..., Tab]
) -> None:
    tab = signed_in("?handed=on")
    tab.wait_for_url(lambda url: not url.startswith(f"{app.url}/?"))
    assert tab.url.removeprefix(f"{app.url}/").split("?")[0] in SLUGS
    assert "handed=on" in tab.url


@pytest.fixture
def on_a_line(postgres: Callable[[str], str]) -> Iterator[tuple[RunningApp, Line]]:
    with _new_database(postgres) as url:
        line = Line(url)
        running = RunningApp(database_url=line.url)
        running.start()
        yield running, line
        running.stop()
        line.cut()


def test_a_page_outlives_its_database(
    on_a_line: tuple[RunningApp, Line], context: BrowserContext
) -> None:
    running, line = on_a_line
    tab = context.new_page()
    sign_in(tab, f"{running.url}/users", "admin", ADMIN_PASSWORD)
    expect(tab.get_by_test_id("stMain")).to_contain_text("Users")
    line.cut()
    time.sleep(1.2)
    late = context.new_page()
    late.goto(f"{running.url}/users")
    expect(late.get_by_test_id("stMain")).to_contain_text("The database cannot be reached")
    assert "Users" not in late.get_by_test_id("stMain").inner_text()
    assert "Traceback" not in late.inner_text("body")
    expect(tab.locator(".st-key-bell")).to_contain_text("Alerts: not known", timeout=25_000)
    line.mend()
    expect(late.get_by_test_id("stMain")).to_contain_text("Users", timeout=12_000)
    expect(tab.get_by_test_id("stSidebar")).to_contain_text("Sign out")


def test_access_withdrawn_while_the_database_was_away_is_gone_when_it_returns(
    on_a_line: tuple[RunningApp, Line], context: BrowserContext
) -> None:
    running, line = on_a_line
    tab = context.new_page()
    sign_in(tab, f"{running.url}/users", "admin", ADMIN_PASSWORD)
    line.cut()
    late = context.new_page()
    late.goto(f"{running.url}/users")
    expect(late.get_by_test_id("stMain")).to_contain_text("The database cannot be reached")
    line.mend()
    front_door.sql(running, "UPDATE sessions SET ended_at = now()")
    for one in (tab, late):
        expect(one.get_by_role("textbox", name="Username")).to_be_visible(timeout=12_000)


def test_what_breaks_the_bell_leaves_the_page(
    on_a_line: tuple[RunningApp, Line], context: BrowserContext
) -> None:
    running, _ = on_a_line
    front_door.sql(running, "ALTER TABLE alert_incidents RENAME TO gone")
    tab = context.new_page()
    sign_in(tab, f"{running.url}/account", "admin", ADMIN_PASSWORD)
    expect(tab.locator(".st-key-bell")).to_contain_text("Alerts: not known")
    expect(tab.get_by_test_id("stMain")).to_contain_text("Your account")
