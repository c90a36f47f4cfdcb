"""Amazon's own totals beside the stored ones: local days, with VAT or without."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from data import database
from data.integrations import reconcile, sync
from tests.data.integrations.fake_amazon import DE, UK, Account, FakeAmazon, item, money, order
from tests.data.integrations.scene import Time


def test_amazons_own_totals_are_compared_on_its_local_days(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    time.at = 1_794_000_000.0
    account.orders = [
        order("026-1", "2026-11-01T00:30:00Z", [item("1", "A", 2, ("ITEM", "40.00"))]),
        order("026-2", "2026-11-02T12:00:00Z", [item("2", "A", 1, ("ITEM", "20.00"))]),
    ]
    account.metrics[UK] = [
        _metric("2026-11-01T00:00Z", 2, "40.00"),
        _metric("2026-11-02T00:00Z", 2, "41.00"),
    ]
    sync.sync("amazon", time.world)
    assert reconcile.reconcile("amazon", time.world) == 2
    sales, units = reconcile.differences("amazon")
    assert (sales.measure, sales.period, sales.ours) == ("sales", date(2026, 11, 2), Decimal(20))
    assert sales.theirs == 41
    assert (units.ours, units.theirs) == (Decimal(1), Decimal(2))
    query = next(each.query for each in fake.asked if each.path.endswith("orderMetrics"))
    assert query["granularity"] == "Day"
    assert query["granularityTimeZone"] == "Europe/London"
    assert query["interval"] == "2026-09-07T00:00:00+01:00--2026-11-06T00:00:00+00:00"


def test_a_difference_of_a_day_that_is_compared_no_more_is_not_told(
    fake: FakeAmazon, account: Account, time: Time
) -> None:
    time.at = 1_794_000_000.0
    database.execute(
        "INSERT INTO integration_differences (connection, measure, period, ours, theirs, "
        "checked_at) VALUES ('amazon', 'units', '2026-08-01', 1, 2, now() - interval '1 day')"
    )
    assert [each.period for each in reconcile.differences()] == [date(2026, 8, 1)]
    account.orders = [order("026-1", "2026-11-01T00:30:00Z", [item("1", "A", 2, ("ITEM", "40"))])]
    account.metrics[UK] = [_metric("2026-11-01T00:00Z", 2, "40.00")]
    sync.sync("amazon", time.world)
    assert reconcile.reconcile("amazon", time.world) == 0


def test_sales_that_amazon_counts_with_vat_are_compared_with_vat_day_by_day(
    fake: FakeAmazon, account: Account, time: Time, environment: Callable[..., None]
) -> None:
    environment(AMAZON_MARKETPLACES=DE)
    time.at = 1_794_000_000.0
    parts = (("ITEM", "100.00"), ("SHIPPING", "10.00"), ("TAX", "20.90"))
    euros = [{"type": kind, "subtotal": money(amount, "EUR")} for kind, amount in parts]
    sold = item("1", "A", 1, ("ITEM", "0")) | {
        "proceeds": {"proceedsTotal": money("130.90", "EUR"), "breakdowns": euros}
    }
    account.orders = [
        order(f"303-{day}", f"2026-11-0{day}T22:30:00Z", [sold | {"orderItemId": str(day)}])
        | {"salesChannel": {"channelName": "AMAZON", "marketplaceId": DE}}
        for day in (1, 2, 3)
    ]
    account.metrics[DE] = [
        _metric(f"2026-11-0{day}T00:00+01:00", 1, sales)
        for day, sales in ((1, "119.00"), (2, "119.00"), (3, "130.00"))
    ]
    sync.sync("amazon", time.world)
    assert reconcile.reconcile("amazon", time.world) == 1
    (off,) = reconcile.differences("amazon")
    assert (off.measure, off.period) == ("sales with tax", date(2026, 11, 3))
    assert (off.ours, off.theirs) == (Decimal(119), Decimal(130))


def test_a_marketplaces_days_are_its_own_not_the_companys(
    fake: FakeAmazon, account: Account, time: Time, environment: Callable[..., None]
) -> None:
    """Half past eleven at night in London is the next day in Berlin."""
    environment(AMAZON_MARKETPLACES=DE)
    time.at = 1_794_000_000.0
    sold = item("1", "A", 2, ("ITEM", "40.00"))
    account.orders = [
        order("303-1", "2026-11-01T23:30:00Z", [sold])
        | {"salesChannel": {"channelName": "AMAZON", "marketplaceId": DE}}
    ]
    account.metrics[DE] = [
        _metric("2026-11-01T00:00+01:00", 0, "0"),
        _metric("2026-11-02T00:00+01:00", 2, "40.00"),
    ]
    sync.sync("amazon", time.world)
    assert reconcile.reconcile("amazon", time.world) == 0


def _metric(start: str, units: int, sales: str) -> dict[str, Any]:
    return {
        "interval": f"{start}--{start}",
        "unitCount": units,
        "orderItemCount": units,
        "orderCount": 1,
        "averageUnitPrice": money("1"),
        "totalSales": money(sales),
    }
