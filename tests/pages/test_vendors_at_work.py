"""A second shop, an explanation and a rotated key on a product that runs, each on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from cryptography.fernet import Fernet, InvalidToken
from playwright.sync_api import Page, expect

from data import database as db
from data import secrets
from tests.data.integrations.fake import Answer, Asked, Fake, running
from tests.data.integrations.fake_shopify import FakeShopify, Shop, line, order
from tests.data.integrations.test_openai import Model
from tests.product import ADMIN_PASSWORD, RunningApp

# 30 orders of one at 10.00 without tax: 300.00 and 30 orders.
ORDERS = [order(n, f"2026-11-01T00:00:{n:02d}Z", [line(n, "A", 1, "10.0", "2.0")])
          for n in range(1, 31)]  # fmt: skip
SPAN = "from=2026-11-01&to=2026-11-02"


@pytest.fixture(scope="module")
def shop() -> Iterator[FakeShopify]:
    with running(FakeShopify(Shop(orders=ORDERS))) as made:
        assert isinstance(made, FakeShopify)
        yield made


@pytest.fixture(scope="module")
def writer() -> Iterator[Fake]:
    """Tells the figure that it was given of revenue, and a figure of its own of anything else."""

    def respond(asked: Asked) -> Answer:
        if asked.path == "/v1/models":
            models = [{"id": "gpt-6-luna", "object": "model", "created": 1, "owned_by": "x"}]
            return Answer(200, {"object": "list", "data": models})
        given = json.loads(asked.json["input"])
        value = given["figures"][0]["value"]
        told = value if "et revenue" in given["subject"] else 4711
        return Answer(200, Model([f"It came to {told} in these days."]).body())

    with running(Fake(respond)) as made:
        yield made


@pytest.fixture(scope="module")
def app(shop: FakeShopify, writer: Fake) -> Iterator[RunningApp]:
    made = RunningApp(environment={"SHOPIFY_BASE_URL": shop.url, "OPENAI_BASE_URL": writer.url})
    made.start()
    yield made
    made.stop()


def _confirmed(page: Page) -> None:
    page.get_by_role("textbox", name="Your password, or a code of your app").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def test_a_second_shop_is_added_and_its_orders_arrive(
    app: RunningApp, signed_in: Callable[..., Page]
) -> None:
    page = signed_in("integrations")
    page.get_by_role("button", name="Add a connection").click()
    page.get_by_role("combobox", name="Vendor").click()
    page.get_by_role("option", name="Shopify").click()
    page.get_by_role("textbox", name="Short name").fill("outlet")
    page.get_by_role("button", name="Add", exact=True).click()
    card = page.locator(".st-key-integration-shopify-outlet")
    expect(card).to_contain_text("not configured")
    page.goto(f"{app.url}/integrations?connection=shopify-outlet")
    page.get_by_role("tab", name="Connect").click()
    _confirmed(page)
    page.get_by_role("textbox", name="Shop").fill("outlet")
    page.get_by_role("textbox", name="Client ID (optional)").fill("app")
    page.get_by_role("textbox", name="Client secret (optional)").fill("right")
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_text("Acme answers, amounts in GBP.").first).to_be_visible()
    card.get_by_role("button", name="Sync now").click()
    expect(card).to_contain_text("30 records today", timeout=40_000)
    expect(page.locator(".st-key-integration-shopify")).to_contain_text("not configured")


def test_a_rotated_key_keeps_the_shop_connected_and_the_old_key_opens_nothing(
    app: RunningApp, shop: FakeShopify
) -> None:
    with app.connected():
        old = (app.folder / "home" / secrets.KEY_FILE).read_text().split()[0]
        sealed = "SELECT sealed FROM integration_credentials WHERE name = 'shopify-outlet'"
        assert b"right" in Fernet(old).decrypt(str(db.scalar(sealed)).encode())
    rotated = app.manage("secrets", "rotate")
    assert rotated.returncode == 0, rotated.stderr
    shop.expire()
    tested = app.manage("integrations", "test", "shopify-outlet")
    assert tested.returncode == 0, tested.stderr
    assert "Acme answers" in tested.stdout
    with app.connected():
        for name in ("integration_credentials", "integration_tokens"):
            kept = db.scalar(f"SELECT sealed FROM {name} WHERE name = 'shopify-outlet'")
            with pytest.raises(InvalidToken):
                Fernet(old).decrypt(str(kept).encode())


def test_an_explanation_names_the_figures_shown_or_is_withheld(
    app: RunningApp, signed_in: Callable[..., Page], writer: Fake
) -> None:
    page = signed_in("integrations?connection=openai")
    page.get_by_role("tab", name="Connect").click()
    _confirmed(page)
    page.get_by_role("textbox", name="API key").fill("sk-typed0123456789")
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_text("Model gpt-6-luna is there.").first).to_be_visible()
    page.goto(f"{app.url}/kpi?kpi=net_revenue&{SPAN}")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("It came to 300.0 in these days.")).to_be_visible()
    page.goto(f"{app.url}/kpi?kpi=orders&{SPAN}")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("withheld: it names 4711")).to_be_visible()
    assert "It came to" not in page.content()
    assert {each.headers["authorization"] for each in writer.asked} == {"Bearer sk-typed0123456789"}
    assert "sk-typed" not in app.log()
