"""Real numbers: what each vendor's books hold, counted by hand, is what the KPIs say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from data import database as db
from data.integrations import sync
from data.queries import kpi
from tests.data.integrations.fake import running
from tests.data.integrations.fake_amazon import UK, Account, FakeAmazon, item
from tests.data.integrations.fake_amazon import order as amazon_order
from tests.data.integrations.fake_shopify import FakeShopify, Shop, line, money, order, refund
from tests.data.integrations.fake_xero import Books, FakeXero, credit, invoice, ms, payment
from tests.data.integrations.scene import Time

START, END = date(2026, 10, 1), date(2026, 10, 31)


def value(slug: str, start: date = START, end: date = END) -> float | None:
    found = kpi.value(slug, start, end).value
    return None if found is None else round(found, 4)


def _variant(sku: str, cost: str, on_hand: int) -> dict[str, Any]:
    quantities = [{"name": "on_hand", "quantity": on_hand}, {"name": "available", "quantity": 0}]
    place = {"id": "gid://shopify/Location/1", "name": "Leeds"}
    levels = {"nodes": [{"location": place, "quantities": quantities}], "pageInfo": {}}
    return {
        "id": f"gid://shopify/ProductVariant/{sku}",
        "sku": sku,
        "price": "20.00",
        "displayName": sku,
        "inventoryItem": {
            "id": f"gid://shopify/InventoryItem/{sku}",
            "tracked": True,
            "unitCost": {"amount": cost, "currencyCode": "GBP"},
            "inventoryLevels": levels,
        },
    }


def test_a_shops_october(shopify: FakeShopify, shop: Shop, time: Time) -> None:
    """Three orders count: 100 − 10, 60 and 30; one is a test, one was cancelled.

    Net revenue 90 + 60 + 30 − 15 refunded in October = 165; the November refund is November's.
    """
    day = "2026-10-{:02d}T10:00:00Z"
    shop.variants = [_variant("A", "8.00", 10), _variant("B", "3.00", 5)]
    shop.orders = [
        order(1, day.format(2), [line(1, "A", 5, "100.0", "18.0", "10.0")],
              totalTaxSet=money("19.0"),
              shippingLine={"discountedPriceSet": money("5.0"),
                            "taxLines": [{"priceSet": money("1.0")}]}),
        order(2, day.format(9), [line(2, "B", 6, "60.0", "12.0")],
              refunds=[refund(1, day.format(20), "18.0", [(2, 1, "15.0", "3.0")]),
                       refund(2, "2026-11-02T10:00:00Z", "12.0", [(2, 1, "10.0", "2.0")])]),
        order(8, day.format(12), [line(3, "A", 1, "30.0", "6.0")]),
        order(4, day.format(12), [line(4, "A", 1, "999.0", "0.0")], test=True),
        order(5, day.format(13), [line(5, "A", 1, "999.0", "0.0")],
              cancelledAt=day.format(14)),
    ]  # fmt: skip
    sync.sync("shopify", time.world)
    assert value("net_revenue") == 165
    assert value("orders") == 3
    assert value("units") == 12
    assert value("average_order_value") == 55
    assert value("refund_rate") == round(15 / 190 * 100, 4)
    # 165 + shipping 5 + tax 18 + 1 + 12 + 6 − 3 refunded
    assert value("total_sales") == 204
    # Cost: 5 × 8 + 6 × 3 + 1 × 8 = 66.
    assert value("gross_margin_pct") == round((165 - 66) / 165 * 100, 4)
    # Customers are the order's number modulo 7: the first and the eighth are one person.
    assert value("returning_customer_rate") == round(1 / 3 * 100, 4)
    assert value("net_revenue", date(2026, 11, 1), date(2026, 11, 30)) == -10
    on_hand = db.scalar("SELECT sum(quantity) FROM stock_levels WHERE source = 'shopify'")
    assert on_hand == 15


def test_a_marketplaces_october(
    time: Time, database: str, environment: Callable[..., None]
) -> None:
    """40 + 25 − 5 discount; the third order is cancelled."""
    account = Account(
        orders=[
            amazon_order("1", "2026-10-03T09:00:00Z",
                         [item("1", "A", 2, ("ITEM", "40.00"), ("SHIPPING", "3.00"),
                               ("TAX", "8.60"))]),
            amazon_order("2", "2026-10-04T09:00:00Z",
                         [item("2", "B", 1, ("ITEM", "25.00"), ("DISCOUNT", "-5.00"),
                               ("TAX", "4.00"))]),
            amazon_order("3", "2026-10-05T09:00:00Z", [item("3", "B", 7, ("ITEM", "70.00"))],
                         fulfillment={"fulfillmentStatus": "CANCELLED"}),
        ]
    )  # fmt: skip
    with running(FakeAmazon(account)) as made:
        environment(
            AMAZON_CLIENT_ID="a",
            AMAZON_CLIENT_SECRET="b",
            AMAZON_REFRESH_TOKEN="Atzr|good",
            AMAZON_MARKETPLACES=UK,
            AMAZON_BASE_URL=made.url,
            AMAZON_TOKEN_URL=f"{made.url}/auth/o2/token",
        )
        assert sync.sync("amazon", time.world).state == "done"
    assert value("net_revenue") == 60
    assert value("units") == 3
    assert value("orders") == 2
    assert value("total_sales") == 60 + 3 + 8.6 + 4


@pytest.fixture
def ledger(books: Books) -> Books:
    """A year in which every month sells 10,000 at a cost of 6,000 and holds stock of 7,400."""
    books.accounts = [
        {"AccountID": "sales", "Name": "Sales", "Type": "REVENUE"},
        {"AccountID": "cogs", "Name": "Materials", "Type": "DIRECTCOSTS"},
        {"AccountID": "stock", "Name": "Stock", "Type": "INVENTORY"},
        {"AccountID": "bank", "Name": "Current account", "Type": "BANK"},
        {"AccountID": "ar", "Name": "Debtors", "Type": "CURRENT", "SystemAccount": "DEBTORS"},
        {"AccountID": "ap", "Name": "Creditors", "Type": "CURRLIAB", "SystemAccount": "CREDITORS"},
    ]
    for index in range(25):
        year, month = divmod(2024 * 12 + 9 + index, 12)
        key = f"{year}-{month + 1:02d}"
        books.profit[key] = {
            "Income": [("Sales", "sales", "10,000.00")],
            "Less Cost of Sales": [("Materials", "cogs", "6,000.00")],
        }
        books.balance[key] = {
            "Bank": [("Current account", "bank", "4,000.00")],
            "Current Assets": [
                ("Stock", "stock", "7,400.00"),
                ("Debtors", "ar", "12,000.00"),
            ],
            "Current Liabilities": [("Creditors", "ap", "5,000.00")],
        }
    books.bank = {"": [("Current account", "bank", "4,000.00|0.00|0.00|4,000.00")]}
    return books


def test_a_companys_books(xero: FakeXero, ledger: Books, time: Time) -> None:
    """Receivables 12,000, payables 5,000 in GBP on 31 October.

    INV-1: 10,000 open. INV-2: 3,600 EUR at 1.2 = 3,000, half of it paid on 15 October. INV-3:
    1,000, settled with 500 of the credit note, whose other 500 is still open: 500 − 500 = 0.
    INV-4 is void. 10,000 + 1,500 + 500 = 12,000, less the open credit of 500, plus INV-5's 500.
    """
    time.at = datetime(2026, 10, 31, 18, tzinfo=UTC).timestamp()
    seen = "2026-10-20T00:00:00"
    ledger.invoices = [
        invoice(1, seen, "10000", "10000"),
        invoice(2, seen, "3600", "1800", CurrencyCode="EUR", CurrencyRate=1.2),
        invoice(3, seen, "1000", "500"),
        invoice(4, seen, "7777", "7777", Status="VOIDED"),
        invoice(5, seen, "500", "500"),
        invoice(6, seen, "5000", "5000", Type="ACCPAY"),
    ]
    allocated = {"AllocationID": "al-1", "Amount": 500.0, "Date": ms("2026-10-10"),
                 "Invoice": {"InvoiceID": "inv-3"}}  # fmt: skip
    ledger.credit_notes = [credit(1, seen, "1000", "500", Allocations=[allocated])]
    ledger.payments = [
        payment(1, seen, "2026-10-15", "1800", "inv-2",
                Invoice={"InvoiceID": "inv-2", "CurrencyCode": "EUR"}, CurrencyRate=1.2),
        payment(2, seen, "2026-10-16", "10000", "inv-1", Status="DELETED"),
    ]  # fmt: skip
    outcome = sync.sync("xero", time.world)
    assert (outcome.state, outcome.error) == ("done", None)
    assert value("receivables") == 12000
    assert value("payables") == 5000
    assert value("cash") == 4000
    dio = value("dio")
    # 7,400 / 72,000 × 365
    assert dio == round(7400 / 72000 * 365, 4)


def test_a_late_void_and_payment_are_taken_over(xero: FakeXero, ledger: Books, time: Time) -> None:
    time.at = datetime(2026, 10, 31, 18, tzinfo=UTC).timestamp()
    ledger.invoices = [invoice(n, "2026-10-20T00:00:00", "100", "100") for n in (1, 2, 3)]
    sync.sync("xero", time.world)
    assert value("receivables") == 300
    later = ms("2026-10-25T00:00:00")
    ledger.invoices[0] |= {"Status": "VOIDED", "UpdatedDateUTC": later}
    ledger.invoices[1] |= {"AmountDue": 40.0, "UpdatedDateUTC": later}
    ledger.payments = [payment(9, "2026-10-25T00:00:00", "2026-10-24", "60", "inv-2")]
    sync.sync("xero", time.world)
    assert value("receivables") == 140


def test_the_cash_conversion_cycle_of_the_books_alone(
    xero: FakeXero, ledger: Books, time: Time
) -> None:
    """DIO 7,400 / 72,000 × 365, DSO 12,000 / 120,000 × 365, DPO 5,000 / 72,000 × 365."""
    time.at = datetime(2026, 10, 31, 18, tzinfo=UTC).timestamp()
    sync.sync("xero", time.world)
    dio, dso, dpo = 37.5139, 36.5, 25.3472
    assert (value("dio"), value("dso"), value("dpo")) == (dio, dso, dpo)
    assert value("cash_conversion_cycle") == pytest.approx(dio + dso - dpo, abs=0.001)
