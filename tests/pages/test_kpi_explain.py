"""What an explanation of a KPI is made from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from components import timespan
from config.kpis import Bounds, kpi
from data import targets
from data.integrations.narrative import stray_numbers
from data.queries.figure import Figure
from pages import kpi_explain


@pytest.fixture
def span() -> timespan.Period:
    start, end = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    return timespan.Period(start, end, ZoneInfo("UTC"))


def test_it_is_told_the_figures_shown_and_how_they_changed(
    span: timespan.Period, database: str
) -> None:
    made = kpi_explain.figures(
        kpi("net_revenue"),
        span,
        Figure("net_revenue", 1100.004, excluded={"lines without an exchange rate": 3}),
        Figure("net_revenue", 1000.0),
        Figure("net_revenue", None, "There were no orders."),
    )
    assert [(each.name, each.value, each.unit) for each in made.figures] == [
        ("Net revenue", 1100.0, "GBP"),
        ("Net revenue, previous period", 1000.0, "GBP"),
        ("Change against the previous period", 10.0, "%"),
        ("Net revenue, same period last year", None, "GBP"),
        ("Change against the same period last year", None, "%"),
        ("Left out: lines without an exchange rate", 3.0, ""),
    ]
    said = "Net revenue was GBP 1,100, 10 % above GBP 1,000; 3 lines have no exchange rate."
    assert stray_numbers(said, made) == []
    assert stray_numbers("It grew by 11 %.", made) == ["11"]


def test_it_is_told_the_target_that_people_set(span: timespan.Period, database: str) -> None:
    targets.put("net_revenue", date(2026, 1, 1), Bounds(target=5000.0), "jo")
    none = Figure("net_revenue", None)
    made = kpi_explain.figures(kpi("net_revenue"), span, Figure("net_revenue", 1.0), none, none)
    assert [each.value for each in made.figures if each.name == "Target"] == [5000.0]
