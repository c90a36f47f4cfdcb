"""Stock that vanishes from a vendor, and stock that two vendors count."""

from __future__ import annotations

from datetime import date
from typing import Any

from data import company
from data import database as db
from data.ingest import inventory
from data.ingest.dataset import upsert
from data.integrations import stock_keepers, sync
from tests.data.integrations.fake_shopify import FakeShopify, Shop
from tests.data.integrations.fake_xero import Books, FakeXero
from tests.data.integrations.scene import Time


def level(place: str, count: int) -> dict[str, Any]:
    return {
        "location": {"id": f"gid://shopify/Location/{place}", "name": place},
        "quantities": [{"name": "on_hand", "quantity": count}],
    }


def variant(sku: str, *levels: dict[str, Any], cost: str = "2.0") -> dict[str, Any]:
    return {
        "id": f"gid://shopify/ProductVariant/{sku}",
        "sku": sku,
        "price": "9.0",
        "displayName": sku,
        "inventoryItem": {
            "id": f"gid://shopify/InventoryItem/{sku}",
            "tracked": True,
            "unitCost": {"amount": cost, "currencyCode": "GBP"},
            "inventoryLevels": {"nodes": list(levels), "pageInfo": {"hasNextPage": False}},
        },
    }


def item(code: str, count: float) -> dict[str, Any]:
    return {"ItemID": code, "Code": code, "Name": code, "IsTrackedAsInventory": True,
            "QuantityOnHand": count, "TotalCostPool": count * 2}  # fmt: skip


def on_hand(day: date) -> dict[str, float]:
    rows = db.read(
        "SELECT sku, sum(quantity)::float8 AS held FROM stock_spans "
        "WHERE from_day <= :day AND until > :day GROUP BY sku ORDER BY sku",
        day=day,
    )
    return {row["sku"]: row["held"] for row in rows}


def test_a_location_that_is_deactivated_holds_nothing_from_then_on(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.variants = [variant("A", level("Leeds", 5), level("York", 3)), variant("B")]
    sync.sync("shopify", time.world)
    today = company.today(time.world.moment())
    assert on_hand(today) == {"A": 8}
    shop.variants = [variant("A", level("Leeds", 5)), variant("B", level("Leeds", 1))]
    sync.sync("shopify", time.world)
    assert on_hand(today) == {"A": 5, "B": 1}


def test_a_product_that_is_deleted_holds_nothing_the_day_after(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.variants = [variant("A", level("Leeds", 5)), variant("B", level("Leeds", 2))]
    sync.sync("shopify", time.world)
    time.at += 86400
    shop.variants.pop()
    sync.sync("shopify", time.world)
    today = company.today(time.world.moment())
    assert on_hand(today) == {"A": 5}


def test_a_walk_that_could_not_read_a_product_ends_no_count(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.variants = [variant("A", level("Leeds", 5)), variant("B", level("Leeds", 2))]
    sync.sync("shopify", time.world)
    shop.variants[1].pop("inventoryItem")
    sync.sync("shopify", time.world)
    assert on_hand(company.today(time.world.moment())) == {"A": 5, "B": 2}


def test_what_books_and_shop_both_count_counts_once(
    shopify: FakeShopify, shop: Shop, xero: FakeXero, books: Books, time: Time
) -> None:
    books.items = [item("A", 7), item("C", 4)]
    sync.sync("xero", time.world)
    today = company.today(time.world.moment())
    assert on_hand(today) == {"A": 7, "C": 4}
    shop.variants = [variant("A", level("Leeds", 5))]
    sync.sync("shopify", time.world)
    assert on_hand(today) == {"A": 5, "C": 4}
    value = db.scalar(
        "SELECT sum(value) FROM stock_changes WHERE day <= :day AND sku = 'A'", day=today
    )
    assert value == 10
    kept = stock_keepers.several()
    assert kept[["source", "quantity", "used"]].to_numpy().tolist() == [
        ["shopify", 5.0, 5.0],
        ["xero", 7.0, 0.0],
    ]


def counted(sku: str, place: str, count: int, day: date, batch: str = "") -> dict[str, Any]:
    return {"sku": sku, "location": place, "batch": batch, "counted_on": day, "quantity": count}


def test_what_is_used_of_several_counts_adds_up_to_the_stock(database: object) -> None:
    early, late = date(2026, 3, 1), date(2026, 3, 2)
    given = {
        "csv": [counted("A", "Leeds", 10, late, "B1"), counted("A", "Leeds", 20, late, "B2"),
                counted("B", "main", 3, late), counted("C", "main", 2, late)],
        "shopify": [counted("A", "York", 5, late), counted("B", "main", 7, early)],
        "xero": [counted("A", "Xero", 40, late), counted("C", "Xero", 9, early)],
    }  # fmt: skip
    with db.transaction() as opened:
        for source, rows in given.items():
            upsert(opened, inventory.STOCK, source, rows)
    kept = stock_keepers.several()
    assert kept[["sku", "source", "quantity", "used"]].to_numpy().tolist() == [
        ["A", "csv", 30, 30], ["A", "shopify", 5, 5], ["A", "xero", 40, 0],
        ["B", "csv", 3, 3], ["B", "shopify", 7, 0],
        ["C", "xero", 9, 9], ["C", "csv", 2, 2],
    ]  # fmt: skip
    assert kept.groupby("sku")["used"].sum().to_dict() == on_hand(late)
