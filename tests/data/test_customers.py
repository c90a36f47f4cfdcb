"""Who bought most and who comes back, worked out by hand."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pytest

from data import database as stored
from data.ingest import customer_days
from data.ingest.sales import remove_source
from data.queries import sales_customers
from data.queries.sales import Filter
from tests.data.order_files import take
from tests.data.test_orders_load import lines
from tests.data.test_sales import HEADER as WHOLE

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


CHOICES: tuple[dict[str, str], ...] = (
    {}, {"channel": "a"}, {"country": "GB"}, {"segment": "new"}, {"segment": "unknown"},
    {"product": "B"},
)  # fmt: skip


def _shown(limit: int = 20) -> list[object]:
    """All that is asked about customers, over whole months and parts of them."""
    spans = ((date(2026, 1, 1), date(2026, 4, 30)), (date(2026, 1, 20), date(2026, 2, 10)))
    tops = [
        sales_customers.top(*span, Filter(**chosen), limit) for span in spans for chosen in CHOICES
    ]
    cohorts = [sales_customers.cohorts(day) for day in (date(2026, 4, 30), date(2026, 3, 9))]
    return [frame.to_dict("split") | {"index": list(frame.index)} for frame in (*tops, *cohorts)]


def _from_the_orders(limit: int = 20) -> list[object]:
    """The same while nothing is added up."""
    with stored.transaction() as opened:
        for table in ("customer_days_made", "customer_months_made"):
            opened.exec_driver_sql(f"CREATE TABLE held_{table} AS SELECT * FROM {table}")
            opened.exec_driver_sql(f"DELETE FROM {table}")
    found = _shown(limit)
    with stored.transaction() as opened:
        for table in ("customer_days_made", "customer_months_made"):
            opened.exec_driver_sql(f"INSERT INTO {table} SELECT * FROM held_{table}")
            opened.exec_driver_sql(f"DROP TABLE held_{table}")
    return found


def test_days_and_months_that_were_added_up_tell_what_the_orders_tell(tmp_path: Path) -> None:
    given = lines(120)
    steps = (given[40:80], given[:40], lines(60, seed=2), given[60:])
    for step in steps:  # earlier orders after later ones, and orders that change
        take(tmp_path, WHOLE, *(row for order in step for row in order))
        assert str(_shown()) == str(_from_the_orders())
        customer_days.make()
        assert str(_shown()) == str(_from_the_orders())


def test_only_what_changed_is_added_up_again(tmp_path: Path) -> None:
    take(tmp_path, *LINES)
    assert customer_days.make() == 6 + 3
    take(tmp_path, HEADER, "9,2026-01-09,web,ANN,A,2,10,,")
    assert customer_days.make() == 1 + 1
    assert customer_days.make() == 0


def test_a_source_that_goes_takes_its_customers_days_along(tmp_path: Path) -> None:
    take(tmp_path, *LINES)
    customer_days.make()
    with stored.transaction() as opened:
        remove_source(opened, "csv")
    assert _top() == []
    assert not stored.read("SELECT 1 FROM customer_days_made")
    assert sales_customers.cohorts(date(2026, 2, 28)).empty


@pytest.mark.parametrize(("heads", "few"), [(3, 100), (3, 1), (8, 2), (8, 5)])
def test_the_top_is_the_same_where_only_the_greatest_customers_are_held(
    heads: int, few: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_days, "HEADS", heads)
    monkeypatch.setattr(sales_customers, "FEW", few)
    take(tmp_path, WHOLE, *(row for order in lines(150) for row in order))
    customer_days.make()
    assert str(_shown(limit=1)) == str(_from_the_orders(limit=1))
    assert str(_shown(limit=5)) == str(_from_the_orders(limit=5))
