"""Signing in at Xero in a browser: consent with PKCE, the way back, the choice of organisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.data.integrations.fake import running
from tests.data.integrations.fake_xero import Books, FakeXero
from tests.product import ADMIN_PASSWORD, RunningApp

TENANTS = [
    {"tenantId": "t-1", "tenantType": "ORGANISATION", "tenantName": "Acme Ltd"},
    {"tenantId": "t-2", "tenantType": "ORGANISATION", "tenantName": "Beta Ltd"},
]


@pytest.fixture(scope="module")
def xero() -> Iterator[FakeXero]:
    with running(FakeXero(Books(tenants=list(TENANTS)))) as made:
        assert isinstance(made, FakeXero)
        made.strict = True
        yield made


@pytest.fixture(scope="module")
def app(xero: FakeXero) -> Iterator[RunningApp]:
    """The product with addresses of its own for Xero, but without credentials."""
    addresses = {
        "XERO_BASE_URL": xero.url,
        "XERO_TOKEN_URL": f"{xero.url}/connect/token",
        "XERO_AUTHORIZE_URL": f"{xero.url}/authorize",
    }
    running_app = RunningApp(environment=addresses)
    running_app.start()
    yield running_app
    running_app.stop()


def _said(page: Page) -> Locator:
    return page.locator(".sx-banner[role=status]").first


def _connect(page: Page, confirmed: bool = False) -> None:
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.get_by_role("tab", name="Connect").click()
    expect(page.get_by_role("heading", name="Connect Xero")).to_be_visible()
    if confirmed:
        return
    page.get_by_label("Your password, or a code of your app").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def _consent(page: Page, confirmed: bool = False) -> Page:
    """Go to Xero in the tab that the link opens; gives that tab, back at the product."""
    if not page.get_by_role("heading", name="Connect Xero").is_visible():
        _connect(page, confirmed)
    page.get_by_role("button", name="Sign in at Xero").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Go on at Xero").click()
    back = opened.value
    back.get_by_test_id("stSidebar").wait_for(state="attached")
    return back


def test_a_person_signs_in_at_xero_and_chooses_the_organisation(
    app: RunningApp, xero: FakeXero, signed_in: Callable[..., Page]
) -> None:
    page = signed_in("integrations")
    _connect(page)
    page.get_by_role("textbox", name="Client id").fill("app")
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_role("alert")).to_contain_text("sign in on the Integrations page")
    back = _consent(page)
    expect(_said(back)).to_contain_text("Signed in at Xero; choose")
    assert "code=" not in back.url
    assert "state=" not in back.url
    _connect(back, confirmed=True)
    chooser = back.get_by_role("combobox", name="Organisation")
    chooser.click()
    chooser.press("ArrowDown")
    chooser.press("ArrowDown")
    chooser.press("Enter")
    expect(chooser).to_have_value("Beta Ltd")
    told = back.get_by_text("Acme Ltd answers, books in GBP.").first
    expect(told).to_be_visible(timeout=20_000)
    assert "t-2" in {each.headers.get("xero-tenant-id") for each in xero.asked}


def test_the_only_organisation_needs_no_choice_and_a_refusal_is_said(
    app: RunningApp, xero: FakeXero, signed_in: Callable[..., Page]
) -> None:
    page = signed_in("integrations")
    xero.books.tenants = TENANTS[:1]
    back = _consent(page)
    expect(_said(back)).to_contain_text("Acme Ltd answers, books in GBP.", timeout=20_000)
    assert "t-1" in {each.headers.get("xero-tenant-id") for each in xero.asked}
    xero.books.tenants = []
    again = _consent(back, confirmed=True)
    expect(_said(again)).to_contain_text("did not allow the app")
