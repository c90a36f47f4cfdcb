"""Signing in and out, as a person does it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from playwright.sync_api import Page as Tab

from tests.product import ADMIN_PASSWORD, RunningApp, sign_in
from tests.server import front_door

GOOD = "correct horse battery"
# A machine that runs the whole suite is slower than the five seconds that are the default.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="module", autouse=True)
def people(app: RunningApp) -> None:
    for username, role in (("vera", "viewer"), ("otto", "admin")):
        app.manage("users", "add", username, "--role", role, "--password", GOOD)


def enter(tab: Tab, username: str, password: str) -> None:
    tab.get_by_role("textbox", name="Username").fill(username)
    tab.get_by_role("textbox", name="Password").fill(password)
    tab.get_by_role("button", name="Sign in").click()


def form(tab: Tab) -> None:
    """Fails unless the login form shows within five seconds."""
    expect(tab.get_by_role("textbox", name="Username")).to_be_visible(timeout=5000)


def test_signing_in_leads_to_the_page_that_was_asked_for(
    app: RunningApp, context: BrowserContext
) -> None:
    tab = context.new_page()
    tab.goto(f"{app.url}/account?x=1")
    enter(tab, "Vera", GOOD)
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible()
    assert tab.url == f"{app.url}/account?x=1"


def test_the_cookie_is_out_of_reach_of_scripts(
    app: RunningApp, context: BrowserContext, signed_in: Callable[..., Tab]
) -> None:
    tab = signed_in("account")
    cookie = next(one for one in context.cookies() if one["name"] == "sentia_session")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert "sentia_session" not in tab.evaluate("document.cookie")
    assert str(cookie["value"]) not in tab.content()
    assert "some_cookie_name" not in {one["name"] for one in context.cookies()}


@pytest.mark.parametrize(("username", "password"), [("vera", "wrong"), ("nobody", GOOD)])
def test_a_wrong_name_or_password_is_one_sentence(
    app: RunningApp, context: BrowserContext, username: str, password: str
) -> None:
    tab = context.new_page()
    tab.goto(app.url)
    enter(tab, username, password)
    expect(tab.get_by_test_id("stAlert")).to_have_text(
        "errorThe username or the password is wrong."
    )
    assert not [one for one in context.cookies() if one["name"] == "sentia_session"]


def test_after_five_failures_the_form_says_how_long_to_wait(
    app: RunningApp, context: BrowserContext
) -> None:
    tab = context.new_page()
    tab.goto(app.url)
    for attempt in range(6):
        enter(tab, "tried", f"guess {attempt}")
        wanted = "try again in" if attempt == 5 else "is wrong"
        expect(tab.get_by_test_id("stAlert")).to_contain_text(wanted)
        expect(tab.get_by_role("textbox", name="Password")).to_have_value(f"guess {attempt}")


def test_signing_out_empties_every_tab_within_five_seconds(
    app: RunningApp, context: BrowserContext, signed_in: Callable[..., Tab]
) -> None:
    first, second = signed_in("account"), context.new_page()
    second.goto(f"{app.url}/users")
    expect(second.get_by_role("button", name="Sign out")).to_be_visible()
    first.get_by_role("button", name="Sign out").click()
    form(first)
    form(second)
    assert "Sign out" not in second.inner_text("body")
    assert not [one for one in context.cookies() if one["name"] == "sentia_session"]
    first.go_back()
    form(first)


@pytest.mark.parametrize(
    "change",
    [("set-role", "otto", "viewer"), ("set-password", "otto", "--password", "some other words"),
     ("disable", "otto"), ("revoke", "otto")],
    ids=lambda change: change[0],
)  # fmt: skip
def test_a_change_to_the_account_shows_the_form_on_its_open_pages(
    app: RunningApp, browser: Browser, change: tuple[str, ...]
) -> None:
    app.manage("users", "enable", "otto")
    app.manage("users", "set-role", "otto", "admin")
    app.manage("users", "set-password", "otto", "--password", GOOD)
    contexts = [browser.new_context(), browser.new_context()]
    tabs = [context.new_page() for context in contexts]
    for tab in tabs:
        sign_in(tab, f"{app.url}/users", "otto", GOOD)
    assert app.manage("users", *change).returncode == 0
    began = time.monotonic()
    for tab in tabs:
        form(tab)
        assert tab.get_by_role("button", name="Sign out").count() == 0
    assert time.monotonic() - began < 5
    for context in contexts:
        context.close()


def test_the_session_of_somebody_else_in_this_browser_takes_over_every_tab(
    app: RunningApp, context: BrowserContext, signed_in: Callable[..., Tab]
) -> None:
    first = signed_in("account", user="vera", password=GOOD)
    expect(first.locator(".st-key-account")).to_contain_text("vera")
    second = context.new_page()
    second.goto(f"{app.url}/account")
    second.get_by_role("button", name="Sign out").click()
    form(second)
    enter(second, "admin", ADMIN_PASSWORD)
    expect(second.locator(".st-key-account")).to_contain_text("Administrator")
    form_or_admin = first.get_by_text("Administrator").or_(
        first.get_by_role("textbox", name="Username")
    )
    expect(form_or_admin.first).to_be_visible(timeout=5000)
    assert "vera" not in first.inner_text("body")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_form_fits_every_screen_and_breaks_nothing_in_the_browser(
    app: RunningApp, browser: Browser, scheme: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    tab = context.new_page()
    errors: list[str] = []
    tab.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(app.url)
    form(tab)
    expect(tab.get_by_role("heading", name="Sentia")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    card = tab.get_by_test_id("stForm").bounding_box()
    button = tab.get_by_role("button", name="Sign in").bounding_box()
    assert card is not None
    assert button is not None
    assert card["width"] <= 380
    assert button["width"] > 0.8 * card["width"]
    assert abs(card["x"] + card["width"] / 2 - width / 2) < 8
    enter(tab, "admin", ADMIN_PASSWORD)
    tab.get_by_test_id("stSidebar").wait_for(state="attached")
    assert errors == []
    context.close()


def test_markup_in_what_was_entered_stays_text(app: RunningApp, context: BrowserContext) -> None:
    tab = context.new_page()
    tab.goto(app.url)
    enter(tab, "<img src=x onerror=alert(1)>", "x")
    expect(tab.get_by_test_id("stAlert")).to_contain_text("is wrong")
    assert tab.locator("img[src=x]").count() == 0


def test_the_ticket_is_gone_once_it_was_used(
    app: RunningApp, signed_in: Callable[..., Tab]
) -> None:
    signed_in("account")
    assert front_door.sql(app, "SELECT count(*) FROM tickets") == [(0,)]
