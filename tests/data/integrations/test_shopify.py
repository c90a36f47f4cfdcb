"""Shopify's client against a shop on a loopback socket."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from data import database as db
from data.integrations.errors import Limited, NotAllowed, SignInRefused, Unexpected, Unreachable
from data.integrations.records import Order, Page, Product, Stock
from data.integrations.shopify import Shopify
from tests.data.integrations.fake import Answer, running
from tests.data.integrations.fake_shopify import FakeShopify, Shop, line, money, order, refund
from tests.data.integrations.scene import Time, making


@pytest.fixture
def time(database: str, home: Path) -> Time:
    return Time()


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def fake(shop: Shop) -> Iterator[FakeShopify]:
    with running(FakeShopify(shop)) as made:
        assert isinstance(made, FakeShopify)
        yield made


def client(fake: FakeShopify, time: Time, patience_s: float = 240, **values: str) -> Shopify:
    given = {"shop": "acme", "client_id": "app", "client_secret": "right", "base_url": fake.url}
    return Shopify(making("shopify", time, patience_s, **(given | values)))


def orders(made: Shopify, position: dict[str, Any] | None) -> list[Page]:
    stream = next(each for each in made.streams() if each.name == "orders")
    return list(stream.pages(position))


def some(count: int, day: int = 1) -> list[Any]:
    stamps = [f"2026-11-{day:02d}T{n // 60:02d}:{n % 60:02d}:00Z" for n in range(1, count + 1)]
    return [order(n, stamp, [line(n, "A", 1, "10.0", "2.0")]) for n, stamp in enumerate(stamps, 1)]


def ids(pages: list[Page]) -> list[str]:
    return [each.id for page in pages for each in page.records if isinstance(each, Order)]


def test_paging_goes_to_the_end_and_the_cursor_to_the_newest_change(
    fake: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders, shop.page = some(130), 50
    pages = orders(client(fake, time), {"since": "2026-11-01T00:00:00Z"})
    assert len(ids(pages)) == 130
    assert [len(page.records) for page in pages] == [50, 50, 30]
    assert pages[-1].position == {"since": "2026-11-01T02:08:00Z"}
    assert fake.asked[-1].json["variables"]["query"] == "updated_at:>='2026-11-01T00:00:00Z'"


def test_an_empty_answer_keeps_the_cursor(fake: FakeShopify, time: Time) -> None:
    pages = orders(client(fake, time), {"since": "2026-11-01T00:00:00Z"})
    assert [page.records for page in pages] == [[]]
    assert pages[-1].position == {"since": "2026-11-01T00:00:00Z"}


def test_a_query_that_is_too_costly_is_asked_in_smaller_pages(
    fake: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders, shop.most = some(30), 300
    assert len(ids(orders(client(fake, time), {"paged": True}))) == 30
    assert fake.asked[-1].json["variables"]["first"] == 12


def test_throttling_waits_for_what_is_missing(fake: FakeShopify, shop: Shop, time: Time) -> None:
    shop.orders, shop.available, shop.cost = some(1), 0, 500
    with pytest.raises(Limited):
        orders(client(fake, time, patience_s=12), {"paged": True})
    assert time.slept[0] == 5.0


def test_a_token_that_expires_in_the_middle_is_renewed_once(
    fake: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders, shop.page = some(30), 10
    stream = client(fake, time).streams()[1].pages({"paged": True})
    found = [next(stream)]
    fake.expire()
    found += list(stream)
    assert len(ids(found)) == 30
    assert fake.issued == 2


def test_lines_that_do_not_fit_into_an_order_are_fetched(
    fake: FakeShopify, shop: Shop, time: Time
) -> None:
    many = [line(n, f"S{n}", 1, "1.0", "0.0") for n in range(95)]
    shop.orders = [order(1, "2026-11-01T00:00:00Z", many)]
    found = orders(client(fake, time), {"paged": True})[0].records[0]
    assert isinstance(found, Order)
    assert len(found.lines) == 95


def test_the_first_load_is_a_bulk_operation(fake: FakeShopify, shop: Shop, time: Time) -> None:
    shop.orders = some(700)
    shop.orders[0]["refunds"] = [refund(9, "2026-11-20T08:00:00Z", "12.0", [(1, 1, "10.0", "2.0")])]
    pages = orders(client(fake, time), None)
    assert len(ids(pages)) == 700
    assert pages[-1].position == {"since": "2026-11-19T23:58:00Z"}
    assert pages[-1].done == pages[-1].expected == 1400
    first = next(page for page in pages if page.records).records[0]
    assert isinstance(first, Order)
    assert first.refunds[0].goods == Decimal("10.0")


@pytest.mark.parametrize("packs", [False, True])
def test_a_bulk_file_is_read_on_from_where_it_was_left(
    fake: FakeShopify, shop: Shop, time: Time, packs: bool
) -> None:
    shop.orders, fake.packs = some(1200), packs
    stream = client(fake, time).streams()[1].pages(None)
    found: list[Page] = []
    while not ids(found):
        found.append(next(stream))
    stream.close()  # type: ignore[attr-defined]
    found += orders(client(fake, time), dict(found[-1].position))
    assert ids(found) == [str(n) for n in range(1, 1201)]
    assert any(asked.headers.get("range", "").startswith("bytes=") for asked in fake.asked)


def test_a_bulk_file_that_is_cut_off_loses_nothing(
    fake: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders = some(1200)
    stream = client(fake, time).streams()[1].pages(None)
    found: list[Page] = [next(stream)]
    fake.faulty_path = "/bulk.jsonl"
    whole = b""
    with pytest.raises(Unreachable):
        while True:
            if fake.file and not whole:
                whole = fake.file
                fake.faults = [Answer(200, whole, fault="truncate")]
            found.append(next(stream))
    found += orders(client(fake, time), dict(found[-1].position))
    assert ids(found) == [str(n) for n in range(1, 1201)]


def test_without_a_bulk_operation_the_first_load_walks(
    fake: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders, shop.bulk = some(60), False
    assert len(ids(orders(client(fake, time), None))) == 60


def test_money_is_without_tax_also_where_prices_include_it(
    fake: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders = [
        order(
            1,
            "2026-11-01T00:00:00Z",
            [line(1, "A", 2, "120.0", "18.0", "12.0")],
            taxesIncluded=True,
            totalTaxSet=money("19.0"),
            shippingLine={
                "discountedPriceSet": money("6.0"),
                "taxLines": [{"priceSet": money("1.0")}],
            },
            refunds=[refund(5, "2026-11-03T00:00:00Z", "54.0", [(1, 1, "54.0", "9.0")])],
        )
    ]
    found = orders(client(fake, time), {"paged": True})[0].records[0]
    assert isinstance(found, Order)
    assert (found.lines[0].goods, found.lines[0].discount) == (Decimal("102.0"), Decimal("12.0"))
    assert found.shipping == Decimal("5.0")
    assert (found.refunds[0].goods, found.refunds[0].tax) == (Decimal("45.0"), Decimal("9.0"))


def test_money_given_back_without_lines_counts_as_goods(
    fake: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders = [
        order(1, "2026-11-01T00:00:00Z", [line(1, "A", 1, "10.0", "0.0")],
              refunds=[refund(5, "2026-11-03T00:00:00Z", "4.0", [])])
    ]  # fmt: skip
    found = orders(client(fake, time), {"paged": True})[0].records[0]
    assert isinstance(found, Order)
    assert found.refunds[0].goods == Decimal("4.0")


def test_one_record_without_a_field_is_a_fault_and_the_others_arrive(
    fake: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders = some(3)
    shop.orders[1]["updatedAt"] = ""
    page = orders(client(fake, time), {"paged": True})[0]
    assert len(page.records) == 2
    assert page.faults[0].problem == "updatedAt of order #2 is missing"


def test_a_field_that_vanished_everywhere_stops_before_the_cursor_moves(
    fake: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders = some(3)
    for each in shop.orders:
        del each["lines"][0]["originalTotalSet"]
    with pytest.raises(Unexpected, match="originalTotalSet of order #3 is missing"):
        orders(client(fake, time), {"paged": True})


def test_a_new_enum_value_is_taken_over_and_said(fake: FakeShopify, shop: Shop, time: Time) -> None:
    shop.orders = some(1)
    shop.orders[0]["displayFinancialStatus"] = "SPLIT_LATER"
    page = orders(client(fake, time), {"paged": True})[0]
    assert len(page.records) == 1
    assert "SPLIT_LATER, which this version does not know" in page.faults[0].problem


def test_a_filter_that_shopify_ignores_is_not_taken_for_an_answer(
    fake: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders, shop.warning = some(1), "Invalid search field for this query."
    with pytest.raises(Unexpected, match="ignored part of the filter"):
        orders(client(fake, time), {"since": "2026-11-01T00:00:00Z"})


def test_a_version_that_fell_forward_is_noticed(fake: FakeShopify, shop: Shop, time: Time) -> None:
    shop.orders, shop.version = some(1), "2027-10"
    page = orders(client(fake, time), {"paged": True})[0]
    assert "version 2027-10 instead of 2026-10" in page.notices[0]


def test_products_bring_cost_and_stock_by_location(
    fake: FakeShopify, shop: Shop, time: Time
) -> None:
    held = [("available", 7), ("on_hand", 9), ("committed", 2), ("incoming", 30)]
    quantities = [{"name": name, "quantity": number} for name, number in held]
    level = {
        "location": {"id": "gid://shopify/Location/1", "name": "Leeds"},
        "quantities": quantities,
    }
    shop.variants = [
        {
            "id": "gid://shopify/ProductVariant/1",
            "sku": "A",
            "price": "12.50",
            "displayName": "Apple",
            "product": {"title": "Apple", "status": "ACTIVE"},
            "inventoryItem": {
                "id": "gid://shopify/InventoryItem/1",
                "tracked": True,
                "unitCost": {"amount": "4.25", "currencyCode": "GBP"},
                "inventoryLevels": {
                    "nodes": [level],
                    "pageInfo": {"hasNextPage": False, "endCursor": None},
                },
            },
        }
    ]
    product, stock = next(iter(client(fake, time).streams()[0].pages(None))).records
    assert isinstance(product, Product)
    assert isinstance(stock, Stock)
    assert (product.unit_cost, product.currency) == (Decimal("4.25"), "GBP")
    assert (stock.location, stock.on_hand) == ("Leeds", Decimal(9))
    assert stock.incoming == 30


def test_wrong_credentials_are_said_with_what_to_do(fake: FakeShopify, time: Time) -> None:
    with pytest.raises(SignInRefused, match="enter both again"):
        client(fake, time, client_secret="wrong").probe()


def test_the_probe_names_scopes_that_are_missing(fake: FakeShopify, shop: Shop, time: Time) -> None:
    assert client(fake, time).probe() == "Acme answers, amounts in GBP."
    shop.scopes = ("read_orders",)
    with pytest.raises(NotAllowed, match="read_inventory, read_locations, read_products"):
        client(fake, time).probe()


def test_a_static_token_of_an_older_app_needs_no_renewal(fake: FakeShopify, time: Time) -> None:
    fake.tokens.add("shpat_old")
    client(fake, time, client_id="", client_secret="", access_token="shpat_old").probe()
    assert fake.issued == 0


def test_no_secret_is_in_what_is_recorded(fake: FakeShopify, shop: Shop, time: Time) -> None:
    shop.orders = some(1)
    orders(client(fake, time), {"paged": True})
    kept = str([dict(row) for row in db.read("SELECT * FROM integration_calls")])
    assert "shpat_" not in kept
    assert "right" not in kept
    sealed = str(db.scalar("SELECT sealed FROM integration_tokens"))
    assert "shpat_" not in sealed


def test_a_vendor_that_comes_back_after_the_token_ended_is_used_again(
    fake: FakeShopify, time: Time
) -> None:
    made = client(fake, time)
    made.probe()
    fake.faults = [Answer(503, {})] * 25
    for _ in range(5):
        with pytest.raises(Unreachable):
            made.probe()
    fake.expire()
    time.at += 100_000
    assert made.probe() == "Acme answers, amounts in GBP."
