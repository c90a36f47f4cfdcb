"""Amazon's fees and refunds: from its financial transactions to lines, refunds and KPIs."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from data import database as db
from data.integrations import amazon_money_parse as parse
from data.integrations import sync
from data.integrations.records import Fault
from tests.data.integrations.fake_amazon import (
    Account,
    FakeAmazon,
    item,
    order,
    part,
    transaction,
)
from tests.data.integrations.scene import Time

COMMISSION = part("AmazonFees", "-6.00", part("Commission", "-3.60", part("Base", "-3.00"),
                                              part("Tax", "-0.60")),
                  part("FBAPerUnitFulfillmentFee", "-2.40"))  # fmt: skip
SOLD = [
    part("ProductCharges", "24.00", part("OurPricePrincipal", "20.00"), part("OurPriceTax", "4")),
    COMMISSION,
]


@pytest.fixture
def account() -> Account:
    bought = [item("1", "A", 2, ("ITEM", "20.00"), ("TAX", "4.00")),
              item("2", "B", 1, ("ITEM", "10.00"), ("TAX", "2.00"))]  # fmt: skip
    return Account(orders=[order("026-1", "2026-09-01T10:00:00Z", bought)], money=[])


@pytest.fixture
def fake(fake: FakeAmazon, time: Time) -> FakeAmazon:
    time.at = datetime(2026, 9, 30, tzinfo=UTC).timestamp()
    return fake


def fees() -> list[Decimal | None]:
    rows = db.read(
        "SELECT l.fees FROM order_lines l JOIN products p ON p.id = l.product_id ORDER BY p.sku"
    )
    return [row["fees"] for row in rows]


def test_fees_stand_on_the_lines_they_were_kept_of(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    account.money = [
        transaction("t1", "026-1", "Shipment", "2026-09-02T10:00:00Z", {"A": SOLD}),
        transaction("t2", "", "ServiceFee", "2026-09-03T10:00:00Z", {"": [part("Fee", "-9")]}),
    ]
    assert sync.sync("amazon", time.world).state == "done"
    assert fees() == [Decimal(6), None]
    row = db.one("SELECT sum(fees) AS fees, sum(unfeed_lines) AS without FROM sales_daily_channel")
    assert row is not None
    assert (row["fees"], row["without"]) == (6, 1)
    sync.sync("amazon", time.world)
    assert fees() == [Decimal(6), None]


def test_a_refund_counts_on_the_day_amazon_posted_it_and_gives_fees_back(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    given = [
        part("ProductCharges", "-12.00", part("OurPricePrincipal", "-10.00"),
             part("OurPriceTax", "-2.00")),
        part("Shipping", "-1.20", part("ShippingPrincipal", "-1.00"), part("ShippingTax", "-0.20")),
        part("PromotionalRebates", "0.50"),
        part("AmazonFees", "1.50", part("Commission", "1.80"), part("RefundCommission", "-0.30")),
    ]  # fmt: skip
    account.money = [
        transaction("t1", "026-1", "Shipment", "2026-09-02T10:00:00Z", {"A": SOLD}),
        transaction("t3", "026-1", "Refund", "2026-09-20T10:00:00Z", {"A": given}),
    ]
    sync.sync("amazon", time.world)
    row = db.one("SELECT day::text AS day, amount, tax, shipping FROM refunds")
    assert row is not None
    assert (row["day"], row["amount"], row["shipping"]) == ("2026-09-20", Decimal("9.5"), 1)
    assert row["tax"] == Decimal("2.2")
    assert fees() == [Decimal("4.5"), None]
    daily = db.read("SELECT day::text AS day, net FROM sales_daily_channel ORDER BY day")
    assert [(each["day"], each["net"]) for each in daily] == [
        ("2026-09-01", Decimal(30)),
        ("2026-09-20", Decimal("-9.5")),
    ]


def test_money_that_is_deferred_and_then_released_counts_once(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    deferred = transaction("t1", "026-1", "Shipment", "2026-09-02T10:00:00Z", {"A": SOLD})
    account.money = [deferred | {"transactionStatus": "DEFERRED"}]
    sync.sync("amazon", time.world)
    assert fees() == [Decimal(6), None]
    account.money = [
        deferred | {"transactionStatus": "DEFERRED_RELEASED"},
        transaction("t9", "026-1", "Shipment", "2026-09-28T10:00:00Z", {"A": SOLD},
                    DEFERRED_TRANSACTION_ID="t1"),
    ]  # fmt: skip
    sync.sync("amazon", time.world)
    assert fees() == [Decimal(6), None]


def test_money_may_arrive_before_its_order(fake: FakeAmazon, account: Account, time: Time) -> None:
    account.money = [transaction("t1", "026-1", "Shipment", "2026-09-02T10:00:00Z", {"A": SOLD})]
    kept, account.orders = account.orders, []
    sync.sync("amazon", time.world)
    account.orders = [kept[0] | {"lastUpdatedTime": "2026-11-21T00:00:00Z"}]
    sync.sync("amazon", time.world)
    assert fees() == [Decimal(6), None]


def test_two_years_are_walked_in_windows_of_180_days_and_later_ones_overlap(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    account.money_page = 1
    account.money = [
        transaction(f"t{n}", f"026-{n}", "Shipment", f"{day}T10:00:00Z", {"A": SOLD})
        for n, day in enumerate(["2024-11-01", "2025-06-01", "2026-01-01", "2026-09-02"])
    ]
    assert sync.sync("amazon", time.world).state == "done"
    assert db.scalar("SELECT count(*) FROM order_charges") == 4
    asked = [each.query for each in fake.asked if each.path.startswith("/finances")]
    assert asked[0]["postedAfter"] == "2024-09-30T23:57:00Z"
    assert asked[-1]["postedBefore"] == "2026-09-29T23:57:00Z"
    assert all("marketplaceId" not in each for each in asked)
    fake.asked.clear()
    sync.sync("amazon", time.world)
    again = [each.query for each in fake.asked if each.path.startswith("/finances")]
    assert again[0]["postedAfter"] == "2026-09-26T23:57:00Z"


def test_an_app_without_the_finance_role_still_has_its_orders(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    account.money = None
    assert sync.sync("amazon", time.world).state == "done"
    assert db.scalar("SELECT count(*) FROM orders") == 1
    assert "does not allow" in db.scalar("SELECT problem FROM integration_faults")
    assert fees() == [None, None]


@pytest.mark.parametrize(
    "changes",
    [
        {"items": None},
        {"items": [], "breakdowns": [part("Sales", "24", part("Product Charges", "24")),
                                     part("Expenses", "-6", part("AmazonFees", "-6"))]},
        {"breakdowns": {"breakdowns": [part("Expenses", "-6")]}, "items": []},
        {"transactionId": None},
        {"items": [{"description": "x", "breakdowns": SOLD, "contexts": None}]},
    ],
)  # fmt: skip
def test_every_form_that_the_model_allows_is_read(changes: dict[str, Any]) -> None:
    raw = transaction("t1", "026-1", "Shipment", "2026-09-02T10:00:00Z", {"A": SOLD}) | changes
    notes: list[Fault] = []
    (found,) = parse.charges(raw, notes)
    assert found.fees == (None if changes == {"items": None} else 6)
    assert found.order == "026-1"


def test_a_total_that_amazon_does_not_break_down_counts_as_goods_and_is_said(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    del account.orders[0]["orderItems"][0]["proceeds"]["breakdowns"]
    assert sync.sync("amazon", time.world).state == "done"
    assert db.scalar("SELECT sum(net) FROM sales_daily_channel") == 24 + 10
    assert "not broken down" in db.scalar("SELECT problem FROM integration_faults")
