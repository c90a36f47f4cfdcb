"""The Integrations page in a browser, with a shop on a loopback socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.data.integrations.fake import running
from tests.data.integrations.fake_shopify import FakeShopify, Shop, line, order
from tests.product import ADMIN_PASSWORD, RunningApp

PASSWORD = "a password long enough 42"
ORDERS = [order(n, f"2026-11-01T00:00:{n:02d}Z", [line(n, "A", 1, "10.0", "2.0")])
          for n in range(1, 31)]  # fmt: skip


@pytest.fixture(scope="module")
def shop() -> Iterator[FakeShopify]:
    with running(FakeShopify(Shop(orders=ORDERS))) as made:
        assert isinstance(made, FakeShopify)
        yield made


@pytest.fixture(scope="module")
def app(shop: FakeShopify) -> Iterator[RunningApp]:
    """The product with an address of its own for Shopify, but without credentials."""
    running_app = RunningApp(environment={"SHOPIFY_BASE_URL": shop.url})
    running_app.start()
    for name, role in (("mona", "manager"), ("vera", "viewer")):
        made = running_app.manage("users", "add", name, "--role", role, "--password", PASSWORD)
        assert made.returncode == 0, made.stderr
    yield running_app
    running_app.stop()


def _card(page: Page, name: str) -> Locator:
    return page.locator(f".st-key-integration-{name}")


def _open(page: Page, connection: str, view: str) -> None:
    page.get_by_role("radio", name=connection, exact=True).click()
    page.get_by_role("tab", name=view).click()


def test_a_shop_is_connected_in_the_wizard_and_its_orders_arrive(
    app: RunningApp, signed_in: Callable[..., Page]
) -> None:
    page = signed_in("integrations")
    expect(_card(page, "shopify")).to_contain_text("not configured")
    _open(page, "Shopify", "Connect")
    expect(page.get_by_role("button", name="Save and test")).to_have_count(0)
    page.get_by_role("textbox", name="Your password, or a code of your app").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("textbox", name="Shop").fill("acme")
    page.get_by_role("textbox", name="Client ID (optional)").fill("app")
    page.get_by_role("textbox", name="Client secret (optional)").fill("wrong")
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_role("alert")).to_contain_text("refuses the client id and secret")
    page.get_by_role("textbox", name="Client secret (optional)").fill("right")
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_text("Acme answers, amounts in GBP.").first).to_be_visible()
    assert page.get_by_role("textbox", name="Client secret (optional)").input_value() == ""
    assert "right" not in page.content().split("Client secret", 1)[1][:2000]
    _card(page, "shopify").get_by_role("button", name="Sync now").click()
    expect(_card(page, "shopify")).to_contain_text("30 records today", timeout=40_000)
    expect(_card(page, "shopify")).to_contain_text("connected")


@pytest.mark.parametrize(("name", "title"), [("openai", "OpenAI"), ("OpenAI", "OpenAI")])
def test_an_address_names_the_connection(
    app: RunningApp, signed_in: Callable[..., Page], name: str, title: str
) -> None:
    page = signed_in(f"integrations?connection={name}")
    chosen = page.get_by_role("radio", name=title, exact=True)
    expect(chosen).to_be_checked()
    page.get_by_role("tab", name="Calls").click()
    expect(page.get_by_role("heading", name="Newest calls")).to_be_visible()
    expect(chosen).to_be_checked()
    page.get_by_role("radio", name="Xero", exact=True).click()
    expect(page.get_by_role("radio", name="Xero", exact=True)).to_be_checked()


def test_runs_are_logged_and_calls_counted(app: RunningApp, signed_in: Callable[..., Page]) -> None:
    page = signed_in("integrations")
    _open(page, "Shopify", "Runs")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.get_by_role("tab", name="Calls").click()
    expect(page.get_by_role("heading", name="Newest calls")).to_be_visible()


def test_a_schedule_can_be_paused_and_resumed(
    app: RunningApp, signed_in: Callable[..., Page]
) -> None:
    page = signed_in("integrations")
    card = _card(page, "shopify")
    card.get_by_role("button", name="Pause").click()
    expect(card).to_contain_text("paused")
    card.get_by_role("button", name="Resume").click()
    expect(card).not_to_contain_text("paused")


def test_a_manager_synchronises_but_sees_no_credentials(
    app: RunningApp, signed_in: Callable[..., Page]
) -> None:
    page = signed_in("integrations", user="mona", password=PASSWORD)
    card = _card(page, "shopify")
    expect(card.get_by_role("button", name="Sync now")).to_be_visible()
    expect(card.get_by_role("button", name="Pause")).to_have_count(0)
    card.get_by_role("button", name="Test").click()
    expect(card).to_contain_text("tested")
    _open(page, "Shopify", "Connect")
    expect(page.get_by_text("Only an admin may enter credentials.")).to_be_visible()
    expect(page.get_by_role("button", name="Save and test")).to_have_count(0)


def test_a_viewer_has_no_such_page(app: RunningApp, signed_in: Callable[..., Page]) -> None:
    page = signed_in("integrations", user="vera", password=PASSWORD)
    expect(page.locator(".st-key-integration-shopify")).to_have_count(0)


def test_the_page_fits_a_phone(app: RunningApp, signed_in: Callable[..., Page]) -> None:
    page = signed_in("integrations")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(_card(page, "shopify")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


def test_the_command_line_says_the_same(app: RunningApp) -> None:
    status = app.manage("integrations", "status")
    assert "shopify" in status.stdout
    assert "connected" in status.stdout
    assert app.manage("integrations", "test", "shopify").stdout.startswith("Acme answers")
    unknown = app.manage("integrations", "sync", "ebay")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr.startswith("There is no integration ebay;")
    bare = app.manage("integrations", "sync", "xero")
    assert (bare.returncode, bare.stderr.strip()) == (
        2,
        "Xero is not connected; give the client id and client secret.",
    )
    assert "streams at the start" in app.manage("integrations", "reset-cursor", "shopify").stdout
    assert app.manage("integrations", "backfill", "shopify").stdout.startswith("30 records")
