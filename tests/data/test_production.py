"""Production KPIs against figures worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from data.queries import kpi, production
from tests.data.company_files import take

pytestmark = pytest.mark.usefixtures("database")
DAY = date(2026, 1, 5)
RUN = "run_id,line,shift,started_at,ended_at,ideal_cycle_s,total_count,good_count,reworked_count"
STOP = "stop_id,line,started_at,ended_at,reason"


def value(slug: str, day: date = DAY) -> float | None:
    return kpi.value(slug, day, day).value


def a_shift() -> None:
    """Eight hours on line 1: 30 min maintenance, 45 min of stops, 400 units, 380 good."""
    take("production-runs", f"{RUN}\n1,L1,Early,2026-01-05T06:00,2026-01-05T14:00,54,400,380,10")
    take(
        "production-stops",
        f"""
        {STOP}
        1,L1,2026-01-05T06:00,2026-01-05T06:30,planned maintenance
        2,L1,2026-01-05T08:00,2026-01-05T08:15,changeover
        3,L1,2026-01-05T09:00,2026-01-05T09:20,breakdown
        4,L1,2026-01-05T11:00,2026-01-05T11:10,breakdown
        """,
    )


def test_a_shift_worked_out_by_hand() -> None:
    a_shift()
    # planned 450 min, run 405 min = 24,300 s; ideal 54 s × 400 = 21,600 s
    assert value("availability") == pytest.approx(405 / 450 * 100)
    assert value("performance") == pytest.approx(21600 / 24300 * 100)
    assert value("quality") == pytest.approx(95)
    assert value("oee") == pytest.approx(0.9 * 21600 / 24300 * 0.95 * 100)
    assert value("output") == 380
    assert value("throughput") == pytest.approx(380 / 6.75)
    assert value("scrap_pct") == pytest.approx(5)
    assert value("rework_pct") == pytest.approx(2.5)
    assert value("first_pass_yield") == pytest.approx(370 / 400 * 100)
    assert value("downtime_minutes") == pytest.approx(45)
    assert value("mtbf") == pytest.approx(6.75 / 2)
    assert value("mttr") == pytest.approx(15)


def test_planned_maintenance_is_not_planned_production_time() -> None:
    take("production-runs", f"{RUN}\n1,L1,Early,2026-01-05T06:00,2026-01-05T07:00,60,60,60,0")
    take("production-stops",
         f"{STOP}\n1,L1,2026-01-05T06:00,2026-01-05T07:00,planned maintenance")  # fmt: skip
    figure = kpi.value("availability", DAY, DAY)
    assert figure.value is None
    assert figure.reason is not None and "No planned production time" in figure.reason


def test_lines_are_combined_from_sums_never_by_averaging_percentages() -> None:
    take(
        "production-runs",
        f"""
        {RUN}
        1,L1,Early,2026-01-05T06:00,2026-01-05T14:00,36,800,800,0
        2,L2,Early,2026-01-05T06:00,2026-01-05T07:00,36,50,0,0
        """,
    )
    take("production-stops", f"{STOP}\n1,L2,2026-01-05T06:00,2026-01-05T06:30,breakdown")
    assert value("availability") == pytest.approx((480 + 30) / 540 * 100)
    assert value("quality") == pytest.approx(800 / 850 * 100)
    ideal, run = 36 * 850, 510 * 60
    assert value("oee") == pytest.approx(510 / 540 * ideal / run * 800 / 850 * 100)
    by_line = kpi.series("quality", DAY, DAY, "line")
    assert by_line.to_dict("list") == {"line": ["L1", "L2"], "value": [100, 0]}


def test_a_line_that_stood_the_whole_shift_counts_as_zero() -> None:
    take("production-runs", f"{RUN}\n1,L1,Early,2026-01-05T06:00,2026-01-05T14:00,36,0,0,0")
    take("production-stops", f"{STOP}\n1,L1,2026-01-05T06:00,2026-01-05T14:00,breakdown")
    assert value("availability") == 0
    assert value("oee") == 0


def test_a_stop_counts_only_where_it_overlaps_a_run() -> None:
    take("production-runs", f"{RUN}\n1,L1,Early,2026-01-05T06:00,2026-01-05T14:00,36,10,10,0")
    take("production-stops", f"{STOP}\n1,L1,2026-01-05T13:00,2026-01-05T16:00,no material")
    assert value("downtime_minutes") == 60
    found = production.downtime(DAY, DAY)
    assert found.to_dict("list") == {"reason": ["no material"], "minutes": [60], "stops": [1]}


def test_runs_without_counts_give_a_reason() -> None:
    take("production-runs",
         "run_id,line,started_at,ended_at\n1,L1,2026-01-05T06:00,2026-01-05T14:00")  # fmt: skip
    assert value("availability") == 100
    figure = kpi.value("quality", DAY, DAY)
    assert figure.value is None
    assert figure.reason is not None and "have no counts" in figure.reason


def test_a_run_that_does_not_say_what_was_good_is_in_no_ratio_of_what_was_made() -> None:
    take(
        "production-runs",
        f"""
        {RUN}
        1,L1,Early,2026-01-05T06:00,2026-01-05T07:00,36,100,99,9
        2,L2,Early,2026-01-05T06:00,2026-01-05T07:00,36,100,,0
        3,L3,Early,2026-01-05T06:00,2026-01-05T07:00,,0,,0
        """,
    )
    assert value("quality") == pytest.approx(99)
    assert value("scrap_pct") == pytest.approx(1)
    assert value("rework_pct") == pytest.approx(9)
    assert value("first_pass_yield") == pytest.approx(90)
    assert value("throughput") == pytest.approx(99 / 2)
    assert value("output") == 99
    assert value("oee") == pytest.approx((7200 / 10800) * 99)
    for slug in ("quality", "scrap_pct", "rework_pct", "first_pass_yield", "oee"):
        assert kpi.value(slug, DAY, DAY).excluded == {"runs without their counts": 1}
    assert kpi.value("output", DAY, DAY).excluded == {"runs without a good count": 1}
    assert kpi.value("performance", DAY, DAY).excluded == {}


def test_without_a_breakdown_there_is_no_mean_time_between_them() -> None:
    take("production-runs", f"{RUN}\n1,L1,Early,2026-01-05T06:00,2026-01-05T14:00,36,10,10,0")
    figure = kpi.value("mtbf", DAY, DAY)
    assert figure.value is None
    assert figure.reason is not None and "No breakdown" in figure.reason


def test_breakdowns_of_an_additive_kpi_sum_to_its_total() -> None:
    a_shift()
    take("production-runs", f"{RUN}\n2,L2,Late,2026-01-06T06:00,2026-01-06T14:00,54,100,90,0")
    end = date(2026, 1, 6)
    total = kpi.value("output", DAY, end).value
    for by in ("day", "week", "month", "line", "product"):
        assert kpi.series("output", DAY, end, by)["value"].sum() == total
    assert kpi.series("downtime_minutes", DAY, end, "reason")["value"].sum() == 45


def test_delivery_is_on_time_up_to_the_promised_day() -> None:
    take(
        "deliveries",
        """
        delivery_id,order_id,promised_on,delivered_on
        1,A,2026-01-05,2026-01-05
        2,B,2026-01-04,2026-01-05
        3,C,2026-01-09,2026-01-05
        4,D,,2026-01-05
        5,E,2026-01-01,
        """,
    )
    figure = kpi.value("on_time_delivery_pct", DAY, DAY)
    assert figure.value == pytest.approx(200 / 3)
    assert dict(figure.excluded) == {"orders without a promise": 1}
