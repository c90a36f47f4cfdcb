"""Sales KPIs against figures worked out by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from config import settings as settings_module
from data import database as stored
from data.ingest import rollups
from data.ingest.reprice import reprice
from data.ingest.rollups import StaleRollups
from data.queries import kpi
from tests.data.order_files import take

pytestmark = pytest.mark.usefixtures("database")

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
JANUARY = (date(2026, 1, 1), date(2026, 1, 31))
HEADER = (
    "order_id,ordered_at,channel,customer_id,sku,quantity,unit_price,discount,tax,shipping,"
    "refunded,refunded_at,currency,status,unit_cost,country"
)
# Order 1: 2 × 10 − 1 − 3 = 16 and 1 × 20 − 4 = 16; 5 of the second is refunded in February.
# Order 2 is cancelled, order 3 a test. Order 4: 3 × 10 − 5 = 25, its second line has no cost.
COMPANY = (
    HEADER,
    "1,2026-01-05T10:00:00,web,C1,A,2,10,1,3,4,,,GBP,paid,4,GB",
    "1,2026-01-05T10:00:00,web,C1,B,1,20,0,4,0,5,2026-02-10,GBP,paid,8,GB",
    "2,2026-01-06,web,C1,A,7,10,,,9,,,,cancelled,4,GB",
    "3,2026-01-06,web,C1,A,7,10,,,9,,,,Test,4,GB",
    "4,2026-01-09,shop,C1,A,3,10,0,5,6,,,GBP,,4,FR",
    "4,2026-01-09,shop,C1,B,1,15,0,0,0,,,GBP,,,FR",
    "5,2026-01-31T23:59:59,shop,,A,1,10,0,0,0,,,GBP,,4,",
)


def value(slug: str, span: tuple[date, date] = JANUARY) -> float | None:
    return kpi.value(slug, *span).value


def series(slug: str, by: str, span: tuple[date, date] = JANUARY) -> dict[str, float]:
    frame = kpi.series(slug, *span, by)
    assert list(frame.columns) == [by, "value"]
    return dict(zip(frame[by], frame["value"], strict=True))


def zone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("COMPANY_TIMEZONE", name)
    settings_module.settings.cache_clear()


def rate(base: str, quote: str, day: str, number: float) -> None:
    with stored.transaction() as opened:
        opened.exec_driver_sql(
            "INSERT INTO fx_rates (base, quote, day, rate, source, source_id) "
            "VALUES (%s, %s, %s, %s, 'csv', %s)",
            (base, quote, day, number, f"{base}{day}"),
        )


@pytest.mark.parametrize(
    ("slug", "january", "february"),
    [
        ("net_revenue", 16 + 16 + 25 + 15 + 10, -5),
        ("total_sales", 82 + (4 + 6) + (3 + 4 + 5), -5),
        ("orders", 3, 0),
        ("units", 2 + 1 + 3 + 1 + 1, 0),
        ("average_order_value", 82 / 3, None),
        # With a cost: 16 + 16 + 25 + 10 = 67; COGS 2×4 + 8 + 3×4 + 4 = 32.
        ("gross_margin_pct", 100 * (67 - 32) / 67, None),
        ("refund_rate", 0, None),
        ("returning_customer_rate", 100 / 3, None),
        ("fees", None, None),
        ("net_after_fees", None, None),
    ],
)
def test_each_kpi_is_what_it_comes_to_by_hand(
    tmp_path: Path, slug: str, january: float | None, february: float | None
) -> None:
    take(tmp_path, *COMPANY)
    span = (date(2026, 2, 1), date(2026, 2, 28))
    assert value(slug) == (january if january is None else pytest.approx(january))
    found = kpi.value(slug, *span)
    assert found.value == (february if february is None else pytest.approx(february))
    assert (found.value is None) == (found.reason is not None)


def test_a_refund_counts_on_the_day_of_the_refund(tmp_path: Path) -> None:
    take(tmp_path, *COMPANY)
    assert value("net_revenue", (date(2026, 2, 10), date(2026, 2, 10))) == -5
    # 5 refunded of 20 + 20 + 30 + 15 + 10 = 95 at list price.
    assert value("refund_rate", YEAR) == pytest.approx(100 * 5 / 95)


def test_lines_without_a_cost_are_excluded_and_counted(tmp_path: Path) -> None:
    take(tmp_path, *COMPANY)
    margin = kpi.value("gross_margin_pct", *JANUARY)
    assert margin.excluded == {"lines without a cost": 1}
    assert (margin.numerator, margin.denominator) == (35, 67)


def test_an_order_without_a_customer_is_an_order_but_no_returning_one(tmp_path: Path) -> None:
    take(tmp_path, *COMPANY)
    rate = kpi.value("returning_customer_rate", *JANUARY)
    assert (rate.numerator, rate.denominator) == (1, 3)


def test_breakdowns_by_channel_country_product_and_segment(tmp_path: Path) -> None:
    take(tmp_path, *COMPANY)
    assert series("net_revenue", "channel") == {"shop": 50, "web": 32}
    assert series("net_revenue", "country") == {"FR": 40, "GB": 32, "not given": 10}
    assert series("net_revenue", "product") == {"A": 51, "B": 31}
    assert series("orders", "segment") == {"new": 1, "returning": 1, "unknown": 1}
    assert list(kpi.series("net_revenue", *JANUARY, "channel")["channel"]) == ["shop", "web"]


def test_orders_that_hold_a_product_count_once_however_many_lines_have_it(tmp_path: Path) -> None:
    take(tmp_path, HEADER, "1,2026-01-05,web,,A,1,10,,,,,,,,,", "1,2026-01-05,web,,A,1,10,,,,,,,,,",
         "1,2026-01-05,web,,B,1,10,,,,,,,,,")  # fmt: skip
    assert series("orders", "product") == {"A": 1, "B": 1}
    assert series("average_order_value", "product") == {"A": 20, "B": 10}


def test_time_runs_without_holes_between_the_first_and_the_last_day(tmp_path: Path) -> None:
    take(tmp_path, *COMPANY)
    days = series("net_revenue", "day")
    assert list(days)[:2] == ["2026-01-05", "2026-01-06"]
    assert (len(days), days["2026-01-06"], days["2026-01-31"]) == (27, 0, 10)
    assert series("net_revenue", "week") == {
        "2026-01-05": 72, "2026-01-12": 0, "2026-01-19": 0, "2026-01-26": 10,
    }  # fmt: skip
    assert series("net_revenue", "month", YEAR) == {"2026-01": 82, "2026-02": -5}


def test_a_partial_month_holds_only_its_days(tmp_path: Path) -> None:
    take(tmp_path, *COMPANY)
    assert value("net_revenue", (date(2026, 1, 6), date(2026, 1, 9))) == 40
    assert series("net_revenue", "month", (date(2026, 1, 6), date(2026, 1, 9))) == {"2026-01": 40}


def test_the_last_day_is_included_to_its_last_second(tmp_path: Path) -> None:
    take(tmp_path, *COMPANY)
    assert value("net_revenue", (date(2026, 1, 31), date(2026, 1, 31))) == 10


def test_a_period_before_the_first_data_and_after_the_last_has_none(tmp_path: Path) -> None:
    take(tmp_path, *COMPANY)
    before = kpi.value("net_revenue", date(2025, 1, 1), date(2025, 12, 31))
    assert before.reason == "The first order is of 2026-01-05; choose a later period."
    after = kpi.value("orders", date(2026, 6, 1), date(2026, 6, 30))
    assert after.value is None
    assert after.reason is not None
    assert after.reason.startswith("The last order is of 2026-02-10")
    assert kpi.series("orders", date(2025, 1, 1), date(2025, 12, 31), "day").empty


def test_an_empty_database_says_what_to_do() -> None:
    figure = kpi.value("net_revenue", *JANUARY)
    assert figure.value is None
    assert figure.reason is not None
    assert "import a file, connect a shop or load the sample company" in figure.reason


def test_two_currencies_in_one_order_are_each_converted_at_the_days_rate(tmp_path: Path) -> None:
    rate("USD", "GBP", "2026-01-03", 0.8)
    rate("GBP", "EUR", "2026-01-05", 1.25)
    take(tmp_path, HEADER, "1,2026-01-05,web,,A,1,100,,,,,,USD,,50,",
         "1,2026-01-05,web,,B,1,50,,,,,,EUR,,,",
         "1,2026-01-05,web,,C,1,7,,,,,,GBP,,,")  # fmt: skip
    assert value("net_revenue") == 80 + 40 + 7
    assert value("orders") == 1
    assert value("gross_margin_pct") == 50


def test_a_rate_older_than_seven_days_is_a_counted_gap_and_never_one(tmp_path: Path) -> None:
    rate("USD", "GBP", "2026-01-01", 0.5)
    take(
        tmp_path,
        HEADER,
        "1,2026-01-08,web,,A,1,100,,,,,,USD,,,",
        "2,2026-01-09,web,,A,1,100,,,,,,USD,,,",
    )
    figure = kpi.value("net_revenue", *JANUARY)
    assert (figure.value, figure.excluded) == (50, {"lines without an exchange rate": 1})
    assert value("units") == 2
    assert value("average_order_value") == 50, "an order without a rate is in neither sum"
    gap = kpi.value("net_revenue", date(2026, 1, 9), date(2026, 1, 9))
    assert gap.value is None
    assert gap.reason is not None
    assert gap.reason.startswith("No exchange rate to GBP is known")


def test_a_refund_is_converted_at_the_rate_of_its_own_day(tmp_path: Path) -> None:
    rate("USD", "GBP", "2026-01-05", 0.8)
    rate("USD", "GBP", "2026-02-10", 0.5)
    take(tmp_path, HEADER, "1,2026-01-05,web,,A,1,100,,,,100,2026-02-10,USD,,,")
    assert series("net_revenue", "month", YEAR) == {"2026-01": 80, "2026-02": -50}


def test_a_corrected_rate_moves_the_days_it_serves(tmp_path: Path) -> None:
    rate("USD", "GBP", "2026-01-05", 0.8)
    take(tmp_path, HEADER, "1,2026-01-07,web,,A,1,100,,,,,,USD,,,")
    stored.execute("UPDATE fx_rates SET rate = 0.9")
    with stored.transaction() as opened:
        assert reprice(opened, date(2026, 1, 5), date(2026, 1, 5)) == 1
    assert value("net_revenue") == 90


def test_days_are_the_companys_through_clock_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone(monkeypatch, "Europe/London")
    take(
        tmp_path, HEADER, "1,2026-03-28T23:59:00Z,web,,A,1,1,,,,,,,,,",
        "2,2026-03-29T22:59:59Z,web,,A,1,10,,,,,,,,,",
        "3,2026-03-29T23:00:00Z,web,,A,1,100,,,,,,,,,",
        "4,2026-10-24T22:59:59Z,web,,A,1,1,,,,,,,,,", "5,2026-10-25T23:59:59Z,web,,A,1,10,,,,,,,,,",
        "6,2026-10-26T00:00:00Z,web,,A,1,100,,,,,,,,,",
    )  # fmt: skip
    days = series("net_revenue", "day", YEAR)
    assert (days["2026-03-28"], days["2026-03-29"], days["2026-03-30"]) == (1, 10, 100)
    assert (days["2026-10-24"], days["2026-10-25"], days["2026-10-26"]) == (1, 10, 100)
    settings_module.settings.cache_clear()


def test_a_leap_day_is_a_day(tmp_path: Path) -> None:
    take(
        tmp_path,
        HEADER,
        "1,2024-02-29T12:00:00,web,,A,1,10,,,,,,,,,",
        "2,2024-03-01,web,,A,1,5,,,,,,,,,",
    )
    assert value("net_revenue", (date(2024, 2, 1), date(2024, 2, 29))) == 10
    assert series("net_revenue", "day", (date(2024, 2, 28), date(2024, 3, 1))) == {
        "2024-02-29": 10, "2024-03-01": 5,
    }  # fmt: skip


def test_a_changed_zone_or_currency_shows_no_figure_until_all_are_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(tmp_path, HEADER, "1,2026-01-05T23:30:00Z,web,,A,1,10,,,,,,,,,")
    zone(monkeypatch, "Asia/Tokyo")
    figure = kpi.value("net_revenue", *JANUARY)
    assert figure.value is None
    assert figure.reason is not None
    assert "run `python manage.py rollups rebuild`" in figure.reason
    with pytest.raises(StaleRollups, match="made for UTC and GBP"):
        take(tmp_path, HEADER, "2,2026-01-05,web,,A,1,10,,,,,,,,,")
    assert rollups.is_stale()
    assert rollups.rebuild() == 1
    assert series("net_revenue", "day") == {"2026-01-06": 10}
    settings_module.settings.cache_clear()


def test_a_changed_currency_is_converted_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate("GBP", "EUR", "2026-01-05", 1.2)
    take(tmp_path, HEADER, "1,2026-01-05,web,,A,1,10,,,,,,GBP,,,")
    monkeypatch.setenv("COMPANY_CURRENCY", "EUR")
    settings_module.settings.cache_clear()
    rollups.rebuild()
    assert value("net_revenue") == 12
    settings_module.settings.cache_clear()


def test_margin_of_more_refunds_than_sales_is_no_figure(tmp_path: Path) -> None:
    take(tmp_path, HEADER, "1,2026-01-05,web,,A,1,10,,,,20,2026-01-06,GBP,,4,")
    figure = kpi.value("gross_margin_pct", *JANUARY)
    assert figure.value is None
    assert figure.reason is not None


def test_a_status_on_one_line_takes_only_that_line_out(tmp_path: Path) -> None:
    take(
        tmp_path,
        HEADER,
        "1,2026-01-05,web,,A,1,10,,,,,,,cancelled,,",
        "1,2026-01-05,web,,B,1,7,,,,,,,paid,,",
    )
    assert (value("net_revenue"), value("orders"), value("units")) == (7, 1, 1)


def test_the_worker_follows_a_changed_zone_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(tmp_path, HEADER, "1,2026-01-05T23:30:00Z,web,,A,1,10,,,,,,,,,")
    zone(monkeypatch, "Asia/Tokyo")
    rollups.rebuild_if_stale()
    assert series("orders", "day") == {"2026-01-06": 1}
    settings_module.settings.cache_clear()
