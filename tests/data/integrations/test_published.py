"""What the vendors' published specifications allow and everyday shops do not have."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from data import database as db
from data.integrations import retry, sync
from data.integrations.shopify_answers import data
from tests.data.integrations.fake import Answer
from tests.data.integrations.fake_amazon import Account, FakeAmazon, item
from tests.data.integrations.fake_amazon import order as amazon_order
from tests.data.integrations.fake_shopify import FakeShopify, Shop, line, order, refund
from tests.data.integrations.fake_xero import Books, FakeXero, invoice, moved
from tests.data.integrations.scene import Time

LONG = 9_007_199_254_740_993_123
ODD = 'Löffel "n°5",\r\n🥄 \ud83e \x02\x00' + "x" * 300
JAPAN = "A1VC38T7YXB528"


def _in(currency: str, raw: Any) -> Any:
    return json.loads(json.dumps(raw).replace('"GBP"', f'"{currency}"'))


@pytest.mark.parametrize(("bulk", "currency"), [(True, "KWD"), (False, "JPY")])
def test_a_shop_of_long_ids_odd_codes_and_other_money_arrives_whole(
    shopify: FakeShopify, shop: Shop, time: Time, bulk: bool, currency: str
) -> None:
    shop.bulk = bulk
    sold = [line(LONG, ODD, 3, "12.345", "0.0"), line(LONG + 1, "", 1, "1e3", "0.0")]
    back = refund(LONG, "2026-10-07T23:59:59Z", "4.115", [(LONG, 1, "4.115", "0.0")])
    made = order(LONG, "2026-10-01T12:00:00Z", sold, refunds=[back], customer=None,
                 shippingAddress=None, displayFinancialStatus=None)  # fmt: skip
    shop.orders = [_in(currency, made)]
    outcome = sync.sync("shopify", time.world)
    assert (outcome.state, outcome.rows) == ("done", 1)
    assert db.scalar("SELECT source_id FROM orders") == str(LONG)
    sums = "SELECT sum(quantity * unit_price), min(currency) FROM order_lines"
    row = db.read(sums)[0]
    assert (Decimal(row["sum"]).quantize(Decimal("0.001")), row["min"]) == (
        Decimal("1012.345"),
        currency,
    )
    assert db.scalar("SELECT amount FROM refunds") == Decimal("4.115")
    (sku,) = [
        each["sku"] for each in db.read("SELECT sku FROM products") if "Löffel" in each["sku"]
    ]
    assert sku == 'Löffel "n°5",\r\n🥄 ? ' + "x" * 300


@pytest.mark.parametrize(
    "errors",
    [
        {"query": "Required parameter missing or invalid"},
        "Not Found",
        ["Something"],
        [{"message": "Field 'x' doesn't exist", "extensions": {"code": "undefinedField"}}],
        [{"message": "?"}, None],
    ],
)
def test_errors_of_every_form_end_in_one_sentence(
    shopify: FakeShopify, shop: Shop, time: Time, errors: Any
) -> None:
    sync.sync("shopify", time.world)
    shopify.faulty_path = "/graphql.json"
    shopify.faults = [Answer(200, {"errors": errors})] * 9
    outcome = sync.sync("shopify", time.world)
    assert outcome.state == "failed"
    assert outcome.error is not None
    assert outcome.error.startswith("Shopify refuses the query (")
    assert "could not be stored" not in outcome.error


def test_data_without_errors_is_handed_over() -> None:
    assert data({"data": {"a": 1}, "errors": []}) == {"a": 1}


def test_yen_of_a_marketplace_with_an_unknown_state_arrives(
    fake: FakeAmazon, account: Account, time: Time, environment: Callable[..., None]
) -> None:
    environment(AMAZON_MARKETPLACES=JAPAN)
    sold = item("12345678901234", ODD, 2, ("ITEM", "5000"), ("TAX", "500"))
    made = amazon_order("249-7654321-1234567", "2026-10-01T15:30:00.123Z", [sold])
    made["salesChannel"] = {"channelName": "AMAZON", "marketplaceId": JAPAN}
    made["fulfillment"]["fulfillmentStatus"] = "AWAITING_CARRIER"
    account.orders = [_in("JPY", made)]
    assert sync.sync("amazon", time.world).state == "done"
    row = db.read("SELECT channel, country, status, counted FROM orders")[0]
    assert (row["channel"], row["country"], row["counted"]) == ("amazon JP", "JP", True)
    kept = db.read("SELECT currency, quantity * unit_price AS goods, tax FROM order_lines")[0]
    assert (kept["currency"], kept["goods"], kept["tax"]) == ("JPY", 5000, 500)
    assert "AWAITING_CARRIER" in str(db.scalar("SELECT problem FROM integration_faults"))


def test_xero_books_in_a_currency_of_large_numbers_arrive(
    xero: FakeXero, books: Books, time: Time
) -> None:
    owed = invoice(1, "2026-10-02T00:00:00", "90000000000.00", "90000000000.00")
    books.invoices = [owed | {"InvoiceID": "C2D9F0AB-0000-4000-8000-0000000000FF",
                              "CurrencyCode": "IDR", "CurrencyRate": 30000.0}]  # fmt: skip
    spent = moved(1, "2026-10-02T00:00:00", "2026-10-02", "SPEND", "45000000000.00")
    books.bank_transactions = [spent | {"CurrencyCode": "IDR", "CurrencyRate": 30000.0}]
    assert sync.sync("xero", time.world).state == "done"
    row = db.read("SELECT total, currency FROM invoices")[0]
    assert (row["total"], row["currency"]) == (Decimal("90000000000.00"), "IDR")
    # 90,000,000,000 / 30,000 by hand; a rate of ten decimals, 0.0000333333, makes 2,999,997.
    assert db.scalar("SELECT sum(change) FROM open_balance_changes") == Decimal(3_000_000)
    paid = "SELECT round(sum(amount * rate), 2) FROM bank_transactions"
    assert db.scalar(paid) == Decimal("-1500000.00")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, 360),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "120ms"}, 0.12),
        ({"x-ratelimit-remaining-tokens": "9", "x-ratelimit-reset-tokens": "9s"}, None),
        ({}, None),
    ],
)
def test_a_limit_of_openai_ends_when_its_headers_say(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry.reset_after(headers) == seconds
