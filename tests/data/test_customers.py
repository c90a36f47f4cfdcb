"""Who bought most and who comes back, worked out by hand."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pytest

from data.queries import sales_customers
from data.queries.sales import Filter
from tests.data.order_files import take

pytestmark = pytest.mark.usefixtures("database")
JANUARY = (date(2026, 1, 1), date(2026, 1, 31))
HEADER = "order_id,ordered_at,channel,customer_id,sku,quantity,unit_price,refunded,refunded_at"
LINES = (
    HEADER,
    "0,2025-12-30,web,ANN,A,1,500,,",
    "1,2026-01-05,web,ANN,A,2,10,,",
    "1,2026-01-05,web,ANN,B,1,30,,",
    "2,2026-01-09,shop,ANN,A,1,10,,",
    "3,2026-01-09,web,BEN,B,2,30,15,2026-01-20",
    "4,2026-02-03,web,BEN,A,9,10,,",
    "5,2026-01-12,web,,A,99,10,,",
)


def _top(**chosen: str) -> list[tuple[str, int, float]]:
    found = sales_customers.top(*JANUARY, Filter(**chosen))
    return list(found[["customer", "orders", "net_revenue"]].itertuples(index=False, name=None))


def test_each_order_counts_once_and_refunds_take_away(tmp_path: Path) -> None:
    take(tmp_path, *LINES)
    assert _top() == [("ANN", 2, 60), ("BEN", 1, 45)]
    assert _top(channel="shop") == [("ANN", 1, 10)]
    assert _top(product="B") == [("BEN", 1, 45), ("ANN", 1, 30)]


def test_new_and_returning_customers_are_told_apart(tmp_path: Path) -> None:
    take(tmp_path, *LINES)
    assert _top(segment="new") == [("BEN", 1, 45)]
    assert _top(segment="returning") == [("ANN", 2, 60)]


def test_a_cohort_is_followed_month_by_month(tmp_path: Path) -> None:
    take(tmp_path, *LINES)
    found = sales_customers.cohorts(date(2026, 2, 28), months=3)
    assert list(found.index) == ["2025-12", "2026-01"]
    assert list(found.loc["2025-12"])[:4] == [1, 1, 1, 0]
    assert list(found.loc["2026-01"])[:3] == [1, 1, 1]
    assert math.isnan(list(found.loc["2026-01"])[3])


def test_whoever_began_earlier_belongs_to_no_cohort_shown(tmp_path: Path) -> None:
    take(tmp_path, *LINES)
    assert list(sales_customers.cohorts(date(2026, 2, 28), months=2).index) == ["2026-01"]
