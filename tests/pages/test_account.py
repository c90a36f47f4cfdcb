"""Your own account, the Users page, invitations: by the hands of a person."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from playwright.sync_api import Page as Tab

from tests.pages.test_login import enter, form
from tests.product import ADMIN_PASSWORD, RunningApp, sign_in
from tests.server import front_door
from tests.server.front_door import sql

GOOD = "correct horse battery"
# A machine that runs the whole suite is slower than the five seconds that are the default.
expect.set_options(timeout=15_000)
NEW = "a brand new password"


@pytest.fixture(scope="module", autouse=True)
def people(app: RunningApp) -> None:
    for username, role in (("vera", "viewer"), ("mina", "manager"), ("ada", "admin")):
        app.manage("users", "add", username, "--role", role, "--password", GOOD)


def fill(tab: Tab, **fields: str) -> None:
    for label, value in fields.items():
        tab.get_by_role("textbox", name=label.replace("_", " "), exact=True).fill(value)


def confirm(tab: Tab, secret: str = ADMIN_PASSWORD) -> None:
    tab.get_by_role("textbox", name="Your password, or a code of your app").fill(secret)
    tab.get_by_role("button", name="Confirm").click()


def test_changing_the_own_password_signs_out_and_the_new_one_signs_in(
    app: RunningApp, signed_in: Callable[..., Tab]
) -> None:
    tab = signed_in("account", user="vera", password=GOOD)
    fill(tab, Present_password="wrong", New_password=NEW, New_password_again=NEW)
    tab.get_by_role("button", name="Change password").click()
    expect(tab.get_by_text("The password or code is wrong.")).to_be_visible()
    fill(tab, Present_password=GOOD, New_password=NEW, New_password_again=NEW)
    tab.get_by_role("button", name="Change password").click()
    form(tab)
    enter(tab, "vera", NEW)
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_profile_is_saved_and_decides_the_start_page(
    app: RunningApp, signed_in: Callable[..., Tab]
) -> None:
    tab = signed_in("account", user="mina", password=GOOD)
    fill(tab, Name="Mina Weber")
    tab.get_by_role("combobox", name="Start page").click()
    tab.get_by_role("option", name="Finance").click()
    tab.get_by_role("button", name="Save profile").click()
    expect(tab.get_by_text("Saved.")).to_be_visible()
    tab.goto(app.url)
    tab.wait_for_url(re.compile(r"/finance"))
    expect(tab.locator(".st-key-account")).to_contain_text("Mina Weber")


def test_a_profile_decides_the_theme_and_the_clock(
    app: RunningApp, context: BrowserContext, signed_in: Callable[..., Tab]
) -> None:
    app.manage("users", "add", "tess", "--role", "admin", "--password", GOOD)
    tab = signed_in("account", user="tess", password=GOOD)
    tab.get_by_role("combobox", name="Theme").click()
    tab.get_by_role("option", name="Dark").click()
    tab.get_by_role("combobox", name="Time zone").fill("Pacific/Kiritimati")
    tab.get_by_role("option", name="Pacific/Kiritimati").click()
    tab.get_by_role("button", name="Save profile").click()
    expect(tab.locator(".stApp")).to_have_css("color-scheme", "dark")
    other = context.browser.new_context().new_page()  # type: ignore[union-attr]
    sign_in(other, f"{app.url}/users?view=Audit", "tess", GOOD)
    expect(other.locator(".stApp")).to_have_css("color-scheme", "dark")
    other.get_by_role("button", name="Light or dark").click()
    expect(other.locator(".stApp")).to_have_css("color-scheme", "light")
    expect(other.get_by_role("button", name="Sign out")).to_be_visible()
    expect(other.locator(".stApp")).to_have_css("color-scheme", "light")
    cells = other.locator("[data-testid=stDataFrame] canvas td")
    expect(cells.filter(has_text="+14:00").first).to_be_attached()
    other.context.close()


def test_an_address_for_links_and_a_second_factor_are_not_changed_at_a_page_left_open(
    app: RunningApp, signed_in: Callable[..., Tab]
) -> None:
    app.manage("users", "add", "lena", "--role", "viewer", "--password", GOOD)
    tab = signed_in("account", user="lena", password=GOOD)
    tab.get_by_text("Change the email address").click()
    expect(tab.get_by_role("button", name="Save address")).to_have_count(0)
    confirm(tab, GOOD)
    tab.get_by_role("textbox", name="Email").fill("lena@example.com")
    tab.get_by_role("button", name="Save address").click()
    expect(tab.get_by_text("Email: lena@example.com")).to_be_visible()
    sql(app, "UPDATE users SET password_changed_at = now() - interval '1 day'")
    sql(app, "UPDATE sessions SET created_at = now() - interval '1 hour', stepped_up_at = NULL")
    tab.reload()
    tab.get_by_text("Set up a second factor").click()
    expect(tab.get_by_text("Confirm that it is you to set it up.")).to_be_visible()
    confirm(tab, GOOD)
    expect(tab.locator("img[src^='data:image/svg']").last).to_be_visible()


def test_a_second_factor_is_set_up_and_then_asked_for(
    app: RunningApp, context: BrowserContext, signed_in: Callable[..., Tab]
) -> None:
    tab = signed_in("account", user="ada", password=GOOD)
    tab.get_by_text("Set up a second factor").click()
    expect(tab.locator("img[src^='data:image/svg']").last).to_be_visible()
    secret = tab.locator(".st-key-factor code").inner_text().replace(" ", "")
    before = pyotp.TOTP(secret).at(int(time.time()) - 30)
    tab.get_by_role("textbox", name="Code").fill(before)
    tab.get_by_role("button", name="Switch on").click()
    codes = tab.get_by_test_id("stCode").inner_text().split()
    assert len(codes) == 10
    tab.get_by_role("button", name="Sign out").click()
    form(tab)
    enter(tab, "ada", GOOD)
    tab.get_by_role("textbox", name="Code").fill(before)
    tab.get_by_role("button", name="Continue").click()
    expect(tab.get_by_text("The code is wrong or was used already.")).to_be_visible()
    tab.get_by_role("textbox", name="Code").fill(codes[0])
    tab.get_by_role("button", name="Continue").click()
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_token_is_shown_once_after_a_step_up_and_works_until_revoked(
    app: RunningApp, signed_in: Callable[..., Tab]
) -> None:
    tab = signed_in("account")
    tab.get_by_text("Make a token").click()
    confirm(tab)
    expect(tab.get_by_role("button", name="Make token")).to_be_visible()
    tab.get_by_role("textbox", name="Name").last.fill("Nightly")
    tab.get_by_role("button", name="Make token").click()
    token = tab.get_by_test_id("stCode").inner_text().strip()
    assert token.startswith("sentia_")
    bearer = {"Authorization": f"Bearer {token}"}
    assert front_door.ask(app, "GET", "/api/admin/users", **bearer).status in (200, 403)
    tab.reload()
    expect(tab.get_by_role("button", name="Revoke token")).to_be_visible()
    assert token not in tab.content()
    tab.get_by_role("button", name="Revoke token").click()
    expect(tab.get_by_text("No tokens.")).to_be_visible()
    assert front_door.ask(app, "GET", "/api/admin/users", **bearer).status == 401


def test_an_invitation_ends_with_a_person_signed_in(
    app: RunningApp, browser: Browser, signed_in: Callable[..., Tab]
) -> None:
    tab = signed_in("users?view=Accounts")
    assert tab.get_by_role("button", name="Set role").count() == 0, "a step up comes first"
    confirm(tab)
    tab.get_by_role("textbox", name="Username").fill("noa")
    tab.get_by_role("button", name="Invite").click()
    address = tab.get_by_test_id("stCode").inner_text().strip()
    theirs = browser.new_context().new_page()
    theirs.goto(app.url + "/?" + address.partition("?")[2])
    fill(theirs, New_password=NEW, New_password_again=NEW)
    theirs.get_by_role("button", name="Set password").click()
    expect(theirs.get_by_text("The password is set.")).to_be_visible()
    theirs.goto(app.url + "/?" + address.partition("?")[2])
    expect(theirs.get_by_text("This link was used or is too old")).to_be_visible()
    sign_in(theirs, f"{app.url}/account", "noa", NEW)
    theirs.context.close()


def test_an_admin_ends_somebodys_session_from_the_page(
    app: RunningApp, browser: Browser, signed_in: Callable[..., Tab]
) -> None:
    theirs = browser.new_context().new_page()
    sign_in(theirs, f"{app.url}/account", "mina", GOOD)
    tab = signed_in("users?view=Now")
    tab.get_by_role("combobox", name="Person").click()
    tab.get_by_role("option", name="mina").click()
    tab.get_by_role("button", name="End all of theirs").click()
    form(theirs)
    theirs.context.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_every_view_of_the_users_page_shows_without_a_failure(
    app: RunningApp, signed_in: Callable[..., Tab], width: int
) -> None:
    tab = signed_in("users")
    tab.set_viewport_size({"width": width, "height": 900})
    for view in ("Now", "Accounts", "Activity", "Sign-ins", "Tokens", "Audit"):
        tab.get_by_role("tab", name=view).click()
        expect(tab.get_by_role("tab", name=view)).to_have_attribute("aria-selected", "true")
        expect(tab.get_by_test_id("stSkeleton")).to_have_count(0)
        expect(tab.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning"
        )
        words = tab.get_by_test_id("stMain").inner_text()
        assert "cannot be shown" not in words
        assert "could not be shown" not in words
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
