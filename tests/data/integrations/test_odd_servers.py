"""Answers that the vendors' specifications allow and no fake of ours gives by itself."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from data import database as db
from data.integrations import sync
from tests.data.integrations.fake import Answer, Asked, Fake
from tests.data.integrations.fake_amazon import UK, Account, FakeAmazon, item
from tests.data.integrations.fake_amazon import order as amazon_order
from tests.data.integrations.fake_shopify import FakeShopify, Shop, line, order
from tests.data.integrations.fake_xero import Books, FakeXero, credit, invoice, payment
from tests.data.integrations.scene import Time

ODD = "a+b/c==%2B é&paginationToken=x#1"


def changed(vendor: Fake, change: Callable[[Asked, Any], Any]) -> None:
    """Answers packed and in chunks, their objects the other way round, and changed."""
    answer = vendor.respond

    def respond(asked: Asked) -> Answer:
        given = answer(asked)
        given.packed = True
        if not isinstance(given.body, bytes):
            given.body = change(asked, reversed_(given.body))
        return given

    vendor.respond = respond  # type: ignore[method-assign]


def reversed_(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: reversed_(found[name]) for name in reversed(found)}
    return [reversed_(each) for each in found] if isinstance(found, list) else found


def as_text(found: Any) -> Any:
    """Numbers as strings."""
    if isinstance(found, dict):
        return {name: as_text(value) for name, value in found.items()}
    if isinstance(found, list):
        return [as_text(each) for each in found]
    return str(found) if isinstance(found, int | float) and not isinstance(found, bool) else found


def same(_: Asked, body: Any) -> Any:
    return body


def sold(number: int) -> Any:
    return amazon_order(
        f"026-{number:07d}", f"2026-10-01T00:{number:02d}:00Z",
        [item(str(number), "A", 1, ("ITEM", "10.00"), ("TAX", "2.00"))],
    )  # fmt: skip


def test_amazons_pages_may_be_empty_and_their_tokens_odd(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    account.orders, account.page = [sold(n) for n in range(3)], 2
    asked_with: list[str | None] = []

    def change(asked: Asked, body: Any) -> Any:
        if not asked.path.endswith("/orders"):
            return body
        token = asked.query.get("paginationToken")
        asked_with.append(token)
        if token is None:
            return {"orders": [], "pagination": {"nextToken": ODD}}
        return {"pagination": None, "requestId": "r"} | body

    answer = fake.respond
    fake.respond = lambda asked: answer(  # type: ignore[method-assign]
        Asked(asked.method, asked.path,
              asked.query | ({"paginationToken": "0"} if asked.query.get("paginationToken") == ODD
                             else {}), asked.headers, asked.body)
    )  # fmt: skip
    changed(fake, change)
    assert sync.sync("amazon", time.world).state == "done"
    assert asked_with == [None, ODD, "2"]
    assert db.scalar("SELECT count(*) FROM orders") == 3


@pytest.mark.parametrize(
    "without",
    [{"orderItems": []}, {"orderItems": None}, {"fulfillment": None}, {"salesChannel": {}}],
)
def test_an_order_of_amazon_without_a_part_holds_up_no_other(
    fake: FakeAmazon, account: Account, time: Time, without: dict[str, Any]
) -> None:
    account.orders = [sold(1), sold(2) | without, sold(3)]
    changed(fake, lambda _, body: as_text(body))
    assert sync.sync("amazon", time.world).state == "done"
    kept = {row["source_id"] for row in db.read("SELECT source_id FROM orders")}
    assert {"026-0000001", "026-0000003"} <= kept
    assert db.scalar("SELECT sum(net) FROM sales_daily_channel") in (20, 30)


def test_a_stock_token_that_expired_begins_that_marketplace_again(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    account.stock = {
        UK: [{"sellerSku": f"S{n}", "inventoryDetails": {"fulfillableQuantity": n}}
             for n in range(1, 6)]
    }  # fmt: skip
    answer = fake.respond
    refused: list[int] = []

    def respond(asked: Asked) -> Answer:
        if asked.query.get("nextToken") == "2" and not refused:
            refused.append(1)
            return Answer(400, {"errors": [{"code": "InvalidInput", "message": "expired"}]})
        return answer(asked)

    fake.respond = respond  # type: ignore[method-assign]
    assert sync.sync("amazon", time.world).state == "done"
    assert refused == [1]
    assert db.scalar("SELECT sum(quantity) FROM stock_levels") == 15


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED", "CANCELED", "SOMETHING_NEW"])
def test_a_bulk_operation_that_does_not_complete_is_walked_page_by_page(
    shopify: FakeShopify, shop: Shop, time: Time, status: str
) -> None:
    shop.orders = [
        order(n, f"2026-10-01T00:00:{n:02d}Z", [line(n, "A", 1, "10.0", "0.0")])
        for n in range(1, 31)
    ]

    def change(asked: Asked, body: Any) -> Any:
        operation = (body.get("data") or {}).get("bulkOperation")
        if operation and operation["status"] == "COMPLETED":
            partial = f"{shopify.url}/partial.jsonl"
            operation |= {"status": status, "url": None, "partialDataUrl": partial,
                          "errorCode": "TIMEOUT"}  # fmt: skip
        return body

    changed(shopify, change)
    assert sync.sync("shopify", time.world).state == "done"
    assert db.scalar("SELECT sum(net) FROM sales_daily_channel") == 300
    assert "/partial.jsonl" not in shopify.paths()


@pytest.mark.parametrize("bulk", [True, False])
def test_a_shops_answers_may_be_packed_reordered_and_with_numbers_as_text(
    shopify: FakeShopify, shop: Shop, time: Time, bulk: bool
) -> None:
    shop.bulk = bulk
    shop.orders = [order(1, "2026-10-01T00:00:00Z", [line(1, "A", 2, "10.0", "2.0")],
                         customer=None, shippingAddress=None, totalShippingPriceSet=None,
                         totalRefundedSet=None, shippingLine=None)]  # fmt: skip
    changed(shopify, lambda asked, body: as_text(body) if "token" not in asked.path else body)
    assert sync.sync("shopify", time.world).state == "done"
    row = db.one("SELECT sum(net) AS net, sum(units) AS units FROM sales_daily_channel")
    assert row is not None
    assert (row["net"], row["units"]) == (10, 2)


def test_a_shop_that_repeats_the_token_in_its_error_does_not_get_it_written_down(
    shopify: FakeShopify, time: Time
) -> None:
    def change(asked: Asked, body: Any) -> Any:
        if asked.path.endswith("/access_token"):
            shopify.tokens.add("opaque0123456789")
            return body | {"access_token": "opaque0123456789", "expires_in": None}
        return {"errors": [{"message": "no scope for opaque0123456789, client_secret=right"}]}

    changed(shopify, change)
    outcome = sync.sync("shopify", time.world)
    assert outcome.state == "failed"
    kept = [str(dict(row)) for table in ("integration_runs", "integration_faults",
            "integration_calls") for row in db.read(f"SELECT * FROM {table}")]  # fmt: skip
    assert kept
    assert "opaque0123456789" not in str(outcome) + "".join(kept)
    assert "=right" not in str(outcome) + "".join(kept)


def test_xeros_answers_may_lack_paging_and_hold_numbers_as_text(
    xero: FakeXero, books: Books, time: Time
) -> None:
    seen = "2026-10-20T00:00:00"
    books.invoices = [
        invoice(1, seen, "120", "70", DueDate=None, Contact=None),
        invoice(2, seen, "10", "10", Status="SOMETHING_NEW"),
        invoice(3, seen, "5", "5", Date="/Date(99999999999999999999+0000)/"),
    ]
    books.credit_notes = [credit(1, seen, "20", "20", Allocations=None)]
    books.payments = [payment(1, seen, "2026-10-10", "50", "inv-1")]

    def change(asked: Asked, body: Any) -> Any:
        if isinstance(body, dict):
            body.pop("pagination", None)
        return as_text(body) if "token" not in asked.path else body | {"expires_in": None}

    changed(xero, change)
    assert sync.sync("xero", time.world).state == "done"
    assert db.scalar("SELECT sum(change) FROM open_balance_changes") == Decimal(70 + 10 - 20)
    assert "is not a date" in str(db.scalar("SELECT problem FROM integration_faults "
                                            "WHERE record = 'document INV-3'"))  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        {"ErrorNumber": 17, "Type": "NoDataProcessedException", "Message": "?"},
        {"Invoices": None},
        {"Invoices": {}},
    ],
)
def test_an_error_that_xero_gives_with_200_ends_in_one_sentence(
    xero: FakeXero, books: Books, time: Time, body: Any
) -> None:
    sync.sync("xero", time.world)
    xero.faulty_path, xero.faults = "Invoices", [Answer(200, body)]
    outcome = sync.sync("xero", time.world)
    assert outcome.state == "failed"
    assert outcome.error is not None
    assert "could not be stored" not in outcome.error
    assert outcome.error.startswith("Xero answered with")
