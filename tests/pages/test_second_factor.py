"""A required second factor: nothing else is shown before it is set up."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pyotp
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.conftest import _new_database
from tests.product import ADMIN_PASSWORD, RunningApp, sign_in


@pytest.fixture(scope="module")
def app(postgres: Callable[[str], str]) -> Iterator[RunningApp]:
    """The product as an installation runs it that requires a second factor of admins."""
    with _new_database(postgres) as url:
        made = RunningApp(database_url=url, environment={"SENTIA_REQUIRE_MFA": "admin"})
        made.start()
        yield made
        made.stop()


def test_every_address_leads_to_setting_up_a_required_second_factor(
    app: RunningApp, context: BrowserContext
) -> None:
    tab = context.new_page()
    sign_in(tab, app.url, "admin", ADMIN_PASSWORD)
    for path in ("", "kpi", "overview", "users?view=Audit"):
        tab.goto(f"{app.url}/{path}")
        expect(tab.get_by_text("needs a second factor")).to_be_visible(timeout=15_000)
        expect(tab).to_have_url(re.compile(r"/account$"))
    assert tab.get_by_test_id("stSidebarNavLink").count() == 0
    assert tab.get_by_text("Net revenue").count() == 0
    tab.locator("label").filter(has_text="Set up a second factor").click()
    secret = tab.locator("[data-testid=stHtml] code").inner_text().replace(" ", "")
    tab.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).at(int(time.time())))
    tab.get_by_role("button", name="Switch on").click()
    expect(tab.get_by_text("Keep these recovery codes")).to_be_visible(timeout=15_000)
    assert len(tab.get_by_test_id("stCode").inner_text().split()) == 10
    tab.goto(f"{app.url}/kpi")
    expect(tab.get_by_text("Net revenue").first).to_be_visible(timeout=15_000)
