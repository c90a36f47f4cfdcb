"""Whatever a vendor's specification allows is read; what it demands is sent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from data import database as db
from data.integrations import shopify_parse, sync, xero_parse
from data.integrations.records import Product, Stock
from tests.data.integrations.fake import Answer
from tests.data.integrations.fake_shopify import FakeShopify, Shop, line, money, order, refund
from tests.data.integrations.fake_xero import Books, FakeXero, invoice, ms, payment
from tests.data.integrations.scene import Time


def test_xero_may_say_that_nothing_was_modified(xero: FakeXero, books: Books, time: Time) -> None:
    books.invoices = [invoice(1, "2026-10-02T00:00:00", "100.00", "100.00")]
    assert sync.sync("xero", time.world).state == "done"
    xero.faulty_path = "/Invoices"
    xero.faults = [Answer(304, b"")]
    assert sync.sync("xero", time.world).state == "done"
    assert db.scalar("SELECT count(*) FROM invoices") == 1


def test_each_call_of_xero_names_the_tenant_header(
    xero: FakeXero, books: Books, time: Time
) -> None:
    sync.sync("xero", time.world)
    asked = [each for each in xero.asked if each.path.startswith("/api.xro")]
    assert asked
    assert all(each.headers["xero-tenant-id"] == "" for each in asked)


def test_a_voided_document_of_xero_needs_no_more_than_its_number() -> None:
    raw = {"InvoiceID": "i", "Type": "ACCREC", "Status": "VOIDED", "CurrencyCode": "USD",
           "UpdatedDateUTC": ms("2026-10-03T00:00:00")}  # fmt: skip
    found = xero_parse.document(raw, [], xero_parse.INVOICES, "GBP")
    assert (found.void, found.issued, found.total) == (True, date(2026, 10, 3), Decimal(0))


def test_a_payment_of_xero_without_a_rate_or_change_date_still_settles() -> None:
    raw = payment(1, "2026-10-03T00:00:00", "2026-10-02", "10", "inv-1")
    raw["Invoice"]["CurrencyCode"] = "USD"
    del raw["UpdatedDateUTC"]
    found = xero_parse.payment(raw, [], "GBP")
    assert (found.amount, found.document) == (Decimal(10), "inv-1")
    assert found.updated_at == datetime(2026, 10, 2, tzinfo=UTC)


def test_a_tracked_item_without_a_count_has_a_cost_but_no_stock(time: Time) -> None:
    raw = {"ItemID": "1", "Code": "A", "IsTrackedAsInventory": True,
           "PurchaseDetails": {"UnitPrice": 2.5}}  # fmt: skip
    (found,) = xero_parse.item(raw, [], "GBP", time.world.moment())
    assert isinstance(found, Product)
    assert found.unit_cost == Decimal("2.5")
    counted = xero_parse.item(raw | {"QuantityOnHand": 4}, [], "GBP", time.world.moment())
    assert isinstance(counted[1], Stock)


def fee(amount: str, tax: str = "0.0", currency: str = "GBP") -> dict[str, Any]:
    return {"amount": {"amount": amount, "currencyCode": currency},
            "taxAmount": {"amount": tax, "currencyCode": currency}}  # fmt: skip


def paid(*fees: Any, gateway: str = "shopify_payments", **changes: str) -> dict[str, Any]:
    return {"kind": "SALE", "status": "SUCCESS", "gateway": gateway, "fees": list(fees)} | changes


@pytest.mark.parametrize(
    ("transactions", "fees"),
    [
        ([paid(fee("1.10", "0.22"), fee("0.30"))], Decimal("1.62")),
        ([paid(fee("1.10")), paid(gateway="gift_card")], Decimal("1.10")),
        ([paid(fee("1.10")), paid(gateway="paypal")], None),
        ([paid(fee("1.10"), status="FAILURE"), paid(fee("9"), kind="REFUND")], None),
        ([paid(fee("1.10", currency="USD"))], None),
        ([], None),
        (None, None),
    ],
)
def test_payment_fees_are_known_only_when_every_payment_tells_them(
    transactions: Any, fees: Decimal | None
) -> None:
    raw = order(1, "2026-10-01T00:00:00Z", [line(1, "A", 1, "20.0", "4.0")])
    raw |= {"lineItems": {"nodes": raw.pop("lines")}, "transactions": transactions}
    assert shopify_parse.order(raw, [], "shopify").fees == fees


def test_payment_fees_are_spread_over_the_lines_by_value(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    sold = [line(1, "A", 1, "20.0", "0.0"), line(2, "B", 1, "10.0", "0.0")]
    with_fees = order(1, "2026-10-01T00:00:00Z", sold, transactions=[paid(fee("1.00"))])
    without = order(2, "2026-10-01T00:00:00Z", [line(3, "A", 1, "5.0", "0.0")])
    shop.orders = [with_fees, without]
    sync.sync("shopify", time.world)
    rows = db.read("SELECT fees FROM order_lines ORDER BY fees DESC NULLS LAST")
    assert [row["fees"] for row in rows] == [Decimal("0.6667"), Decimal("0.3333"), None]
    row = db.one("SELECT fees, unfeed_lines, net_with_fees FROM sales_daily_channel")
    assert row is not None
    assert (row["fees"], row["unfeed_lines"], row["net_with_fees"]) == (1, 1, 30)


def test_a_refund_without_a_creation_date_counts_when_it_was_changed() -> None:
    raw = order(1, "2026-10-01T00:00:00Z", [line(1, "A", 1, "20.0", "4.0")])
    raw |= {"lineItems": {"nodes": raw.pop("lines")}}
    back = {"id": "gid://shopify/Refund/1", "createdAt": None, "totalRefundedSet": money("5.0")}
    raw["refunds"] = [back | {"updatedAt": "2026-10-05T00:00:00Z"}]
    (found,) = shopify_parse.order(raw, [], "shopify").refunds
    assert found.at == datetime(2026, 10, 5, tzinfo=UTC)


def test_refunds_of_a_first_load_are_asked_in_batches_that_shopify_allows(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.most = 300
    shop.orders = [
        order(n, f"2026-10-01T00:00:{n:02d}Z", [line(n, "A", 1, "20.0", "0.0")],
              refunds=[refund(n, "2026-10-05T00:00:00Z", "20.0", [(n, 1, "20.0", "0.0")])])
        for n in range(1, 41)
    ]  # fmt: skip
    assert sync.sync("shopify", time.world).state == "done"
    assert db.scalar("SELECT sum(amount) FROM refunds") == 800
