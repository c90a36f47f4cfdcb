"""Amazon's client against a seller account on a loopback socket."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from data import database as db
from data.integrations import sync
from data.integrations.amazon import Amazon
from data.integrations.errors import Limited, NotConfigured, SignInRefused
from data.integrations.records import Order, Page, Stock
from tests.data.integrations.fake import Answer
from tests.data.integrations.fake_amazon import DE, UK, Account, FakeAmazon, item, money, order
from tests.data.integrations.scene import Time, making


def client(fake: FakeAmazon, time: Time, patience_s: float = 240, **values: str) -> Amazon:
    given = {
        "client_id": "app",
        "client_secret": "right",
        "refresh_token": "Atzr|good",
        "region": "eu",
        "marketplaces": UK,
        "base_url": fake.url,
        "token_url": f"{fake.url}/auth/o2/token",
    }
    return Amazon(making("amazon", time, patience_s, **(given | values)))


def orders(made: Amazon, position: dict[str, Any] | None = None) -> list[Page]:
    return list(made.streams()[0].pages(position))


def some(count: int) -> list[Any]:
    return [
        order(f"026-{n:07d}", f"2026-11-01T{n // 60:02d}:{n % 60:02d}:00Z",
              [item(str(n), "A", 1, ("ITEM", "10.00"), ("TAX", "2.00"))])
        for n in range(count)
    ]  # fmt: skip


def test_the_first_load_is_by_creation_and_later_ones_by_change(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    account.orders, account.page = some(25), 10
    found = orders(client(fake, time))
    assert [len(page.records) for page in found] == [10, 10, 5]
    assert found[-1].position == {"since": "2026-11-19T23:55:00Z"}
    asked = [each.query for each in fake.asked if each.path.endswith("/orders")]
    assert all("createdAfter" in each and "lastUpdatedAfter" not in each for each in asked)
    assert [each.get("paginationToken") for each in asked] == [None, "10", "20"]
    assert asked[1] == asked[0] | {"paginationToken": "10"}
    orders(client(fake, time), dict(found[-1].position))
    assert fake.asked[-1].query["lastUpdatedAfter"] == "2026-11-19T23:55:00Z"


def test_a_walk_keeps_to_twenty_at_once_and_one_in_three_minutes(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    account.orders, account.page = some(23), 1
    orders(client(fake, time))
    assert [round(each) for each in time.slept] == [179, 179, 179]


def test_a_higher_rate_that_amazon_grants_is_used(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    account.orders, account.page, account.rate = some(23), 1, "0.5"
    orders(client(fake, time))
    assert [round(each) for each in time.slept] == [2, 2, 2]


def test_a_page_that_expired_starts_the_walk_again(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    account.orders, account.page, account.expired_pages = some(15), 10, True
    stream = client(fake, time).streams()[0].pages(None)
    first = next(stream)
    found = orders(client(fake, time), dict(first.position))
    assert sum(len(page.records) for page in found) == 15


def test_an_expired_token_is_renewed_in_the_middle(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    account.orders, account.page = some(20), 10
    stream = client(fake, time).streams()[0].pages(None)
    next(stream)
    fake.tokens.clear()
    assert len(next(stream).records) == 10
    assert fake.issued == 2


def test_quota_exceeded_waits_for_the_rate_to_give_a_call_back(
    fake: FakeAmazon, time: Time
) -> None:
    errors = {"errors": [{"code": "QuotaExceeded", "message": "You exceeded your quota"}]}
    fake.faulty_path, fake.faults = "/sellers", [Answer(429, errors), Answer(429, errors)]
    client(fake, time).probe()
    assert time.slept == pytest.approx([62.5, 62.5])
    fake.faults = [Answer(429, errors)] * 9
    with pytest.raises(Limited):
        client(fake, time).probe()


def test_proceeds_become_goods_discount_shipping_and_tax(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    discount = {
        "type": "DISCOUNT",
        "subtotal": money("-5.00"),
        "detailedBreakdowns": [
            {"subtype": "ITEM", "value": money("-3.00")},
            {"subtype": "SHIPPING", "value": money("-2.00")},
        ],
    }
    bought = item("1", "A", 2, ("ITEM", "40.00"), ("SHIPPING", "6.00"), ("TAX", "8.20"))
    bought["proceeds"]["breakdowns"].append(discount)
    bought["proceeds"]["proceedsTotal"] = money("49.20")
    account.orders = [order("026-1", "2026-11-01T00:00:00Z", [bought])]
    found = orders(client(fake, time))[0].records[0]
    assert isinstance(found, Order)
    read = found.lines[0]
    assert (read.goods, read.discount, read.tax) == (Decimal(40), Decimal(3), Decimal("8.20"))
    assert found.shipping == Decimal(4)
    assert (found.channel, found.country, found.currency) == ("amazon GB", "GB", "GBP")


def test_where_the_price_holds_the_tax_the_goods_do_not(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    bought = item("1", "A", 1, ("ITEM", "12.00"), ("TAX", "2.00"))
    bought["proceeds"]["proceedsTotal"] = money("12.00")
    account.orders = [order("026-1", "2026-11-01T00:00:00Z", [bought])]
    found = orders(client(fake, time))[0].records[0]
    assert isinstance(found, Order)
    assert found.lines[0].goods == 10


def test_a_pending_order_waits_and_a_cancelled_one_stops_counting(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    pending = order("026-1", "2026-11-01T00:00:00Z", [item("1", "A", 1)],
                    fulfillment={"fulfillmentStatus": "PENDING"})  # fmt: skip
    account.orders = [pending, *some(2)]
    sync.sync("amazon", time.world)
    assert db.scalar("SELECT count(*) FROM orders") == 2
    account.orders[1] |= {"lastUpdatedTime": "2026-11-21T00:00:00Z",
                          "fulfillment": {"fulfillmentStatus": "CANCELLED"}}  # fmt: skip
    sync.sync("amazon", time.world)
    assert db.scalar("SELECT sum(net) FROM sales_daily_channel") == 10


def test_stock_is_walked_by_marketplace(fake: FakeAmazon, account: Account, time: Time) -> None:
    held = {
        "fulfillableQuantity": 5,
        "inboundShippedQuantity": 7,
        "reservedQuantity": {"totalReservedQuantity": 2},
    }
    account.stock[UK] = [
        {"sellerSku": f"S{n}", "inventoryDetails": held, "totalQuantity": 14} for n in range(3)
    ]
    account.stock[DE] = [{"sellerSku": "S9", "inventoryDetails": held, "totalQuantity": 14}]
    made = client(fake, time, marketplaces=f"{UK}, {DE}")
    found = [each for page in made.streams()[1].pages(None) for each in page.records]
    assert [(each.sku, each.location) for each in found if isinstance(each, Stock)] == [
        ("S0", "Amazon GB"),
        ("S1", "Amazon GB"),
        ("S2", "Amazon GB"),
        ("S9", "Amazon DE"),
    ]
    assert isinstance(found[0], Stock)
    assert (found[0].on_hand, found[0].available) == (Decimal(7), Decimal(5))
    assert found[0].incoming == 7


def test_stock_that_amazon_repeats_for_its_eu_pool_counts_once(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    """Germany and France answer with the same sum; the United Kingdom has a stock of its own."""
    france = "A13V1IB3VIYZZH"
    held = {"sellerSku": "A", "inventoryDetails": {"fulfillableQuantity": 5}, "totalQuantity": 5}
    other = {"sellerSku": "B", "inventoryDetails": {"fulfillableQuantity": 2}, "totalQuantity": 2}
    less = {"sellerSku": "B", "inventoryDetails": {"fulfillableQuantity": 1}, "totalQuantity": 1}
    account.stock = {UK: [held], DE: [held, other], france: [held, less]}
    made = client(fake, time, marketplaces=f"{UK},{DE},{france}")
    found = [each for page in made.streams()[1].pages(None) for each in page.records]
    assert [(s.sku, s.location, int(s.on_hand)) for s in found if isinstance(s, Stock)] == [
        ("A", "Amazon GB", 5),
        ("A", "Amazon DE", 5),
        ("B", "Amazon DE", 2),
        ("B", "Amazon FR", 1),
    ]


def test_the_probe_says_where_the_seller_sells(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    account.places = [UK, DE]
    assert client(fake, time).probe() == "The seller account answers, marketplaces DE, GB."


def test_missing_and_wrong_credentials_are_said(fake: FakeAmazon, time: Time) -> None:
    with pytest.raises(NotConfigured, match="refresh token"):
        client(fake, time, refresh_token="")
    with pytest.raises(NotConfigured, match="na, eu or fe"):
        client(fake, time, region="uk")
    with pytest.raises(SignInRefused, match="authorise the app again"):
        client(fake, time, refresh_token="Atzr|bad").probe()
