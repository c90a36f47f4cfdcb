"""Orders as integrations give them: replaced whole, refunds on their days, figures kept."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from data import database
from data.ingest import rollups, sales
from data.ingest.reprice import reprice
from data.ingest.sales import LineRecord, OrderRecord, RefundRecord
from data.queries import kpi

START, END = date(2026, 1, 1), date(2026, 12, 31)


def line(name: str, sku: str, price: str, quantity: str = "1", **more: object) -> LineRecord:
    return LineRecord(name, sku, Decimal(quantity), Decimal(price), "GBP", **more)  # type: ignore[arg-type]


def order(number: str, *lines: LineRecord, day: int = 5, **more: object) -> OrderRecord:
    at = datetime(2026, 1, day, 10, tzinfo=UTC)
    return OrderRecord(number, at, "web", lines, **more)  # type: ignore[arg-type]


def take(*orders: OrderRecord, source: str = "shopify:one") -> dict[str, int]:
    with database.transaction() as opened:
        return sales.upsert_orders(opened, source, orders)


def value(slug: str, start: date = START, end: date = END) -> float | None:
    return kpi.value(slug, start, end).value


def rollup_rows() -> list[list[tuple[object, ...]]]:
    return [
        [tuple(row.values()) for row in database.read(f"SELECT * FROM {table} ORDER BY 1, 2, 3")]
        for table in [*rollups.ROLLUPS, "sales_hourly"]
    ]


@pytest.mark.usefixtures("database")
def test_a_line_that_the_vendor_deleted_is_gone() -> None:
    take(order("1", line("a", "A", "10"), line("b", "B", "5")))
    assert value("net_revenue") == 15
    counts = take(order("1", line("a", "A", "10")))
    assert counts["changed orders"] == 1
    assert (value("net_revenue"), value("units")) == (10, 1)


@pytest.mark.usefixtures("database")
def test_an_order_cancelled_later_stops_counting_with_its_refunds() -> None:
    back = RefundRecord("r1", datetime(2026, 2, 3, tzinfo=UTC), Decimal(4), "GBP", sku="A")
    take(order("1", line("a", "A", "10"), refunds=(back,)), order("2", line("a", "A", "7")))
    assert value("net_revenue") == 13
    take(order("1", line("a", "A", "10"), refunds=(back,), cancelled=True))
    assert (value("net_revenue"), value("orders")) == (7, 1)
    assert database.scalar("SELECT count(*) FROM sales_daily WHERE day > '2026-02-01'") == 0


@pytest.mark.usefixtures("database")
def test_each_of_several_refunds_counts_on_its_own_day_with_its_tax_and_shipping() -> None:
    refunds = tuple(
        RefundRecord(f"r{month}", datetime(2026, month, 9, tzinfo=UTC), Decimal(10), "GBP",
                     tax=Decimal(2), shipping=Decimal(1), sku="A")
        for month in (2, 3)
    )  # fmt: skip
    take(order("1", line("a", "A", "100", tax=Decimal(20), shipping=Decimal(5)), refunds=refunds))
    january = (date(2026, 1, 1), date(2026, 1, 31))
    march = (date(2026, 3, 1), date(2026, 3, 31))
    assert (value("net_revenue", *january), value("total_sales", *january)) == (80, 105)
    assert (value("net_revenue", *march), value("total_sales", *march)) == (-10, -13)


@pytest.mark.usefixtures("database")
def test_taxes_on_top_of_the_price_are_not_taken_off_it() -> None:
    take(order("1", line("a", "A", "100", tax=Decimal(20)), taxes_included=False))
    assert (value("net_revenue"), value("total_sales")) == (100, 120)


@pytest.mark.usefixtures("database")
def test_an_earlier_order_that_arrives_late_makes_the_later_one_a_returning_customers() -> None:
    take(order("2", line("a", "A", "10"), day=9, customer_id="C"))
    assert value("returning_customer_rate") == 0
    take(order("1", line("a", "A", "10"), day=3, customer_id="C"))
    assert value("returning_customer_rate") == 50
    segments = kpi.series("orders", START, END, "segment")
    assert dict(segments.to_numpy().tolist()) == {"new": 1, "returning": 1}
    take(order("1", line("a", "A", "10"), day=3, customer_id="C", test=True))
    assert value("returning_customer_rate") == 0


@pytest.mark.usefixtures("database")
def test_orders_of_the_same_number_from_two_shops_are_two_orders() -> None:
    take(order("1", line("a", "A", "10")), source="shopify:one")
    take(order("1", line("a", "A", "20")), source="shopify:two")
    assert (value("orders"), value("net_revenue")) == (2, 30)


@pytest.mark.usefixtures("database")
def test_fees_of_the_vendor_are_summed_and_lines_without_them_counted() -> None:
    take(order("1", line("a", "A", "10", fees=Decimal("1.5")), line("b", "B", "20")))
    figure = kpi.value("net_after_fees", START, END)
    assert (value("fees"), figure.value) == (1.5, 8.5)
    assert figure.excluded == {"lines whose fees are not known": 1}


@pytest.mark.usefixtures("database")
def test_a_rate_that_arrives_late_fills_the_gap_it_left() -> None:
    dollars = LineRecord("a", "A", Decimal(1), Decimal(100), "USD")
    take(order("1", dollars), order("2", line("a", "A", "10")))
    before = kpi.value("net_revenue", START, END)
    assert (before.value, before.excluded) == (10, {"lines without an exchange rate": 1})
    with database.transaction() as opened:
        opened.exec_driver_sql(
            "INSERT INTO fx_rates (base, quote, day, rate, source, source_id) "
            "VALUES ('USD', 'GBP', '2026-01-01', 0.8, 'csv', '1')"
        )
        assert reprice(opened, date(2026, 1, 1), date(2026, 1, 1)) == 1
    after = kpi.value("net_revenue", START, END)
    assert (after.value, after.excluded) == (90, {})


@pytest.mark.usefixtures("database")
def test_deleting_orders_and_removing_a_source_leave_nothing_of_them() -> None:
    take(order("1", line("a", "A", "10")), order("2", line("a", "A", "20")))
    take(order("9", line("a", "Z", "1")), source="sample")
    with database.transaction() as opened:
        assert sales.delete_orders(opened, "shopify:one", ["1", "77"]) == 1
    assert value("net_revenue") == 21
    with database.transaction() as opened:
        assert sales.remove_source(opened, "sample") == 1
    assert value("net_revenue") == 20
    assert database.scalar("SELECT count(*) FROM products WHERE sku = 'Z'") == 0


@pytest.mark.usefixtures("database")
def test_daily_figures_kept_by_differences_equal_those_made_anew() -> None:
    take(*(order(str(n), line("a", f"S{n % 3}", "9.99", str(n), unit_cost=Decimal(3)),
                 day=1 + n % 28, customer_id=f"C{n % 5}") for n in range(40)))  # fmt: skip
    take(*(order(str(n), line("a", f"S{n % 2}", "5", str(n)), day=1 + n % 20,
                 customer_id=f"C{n % 3}", test=n % 7 == 0) for n in range(20)))  # fmt: skip
    kept = rollup_rows()
    rollups.rebuild()
    assert rollup_rows() == kept
