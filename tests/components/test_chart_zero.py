"""Zero reads as zero on an axis whose other ticks are thousands or millions."""

from __future__ import annotations

import pandas as pd
import pytest

from components.charts import categories, timeseries
from components.charts.timeseries import Drawing

START = pd.Timestamp("2026-11-24", tz="UTC")


@pytest.mark.parametrize(
    ("unit", "top", "thousands", "zero"),
    [
        ("money", 40_000.0, "£{value}k", "£0"),
        ("money", 4e6, "£{value}M", "£0"),
        ("count", 4e9, "{value}B", "0"),
        ("months", 2e5, "{value}k mo", "0 mo"),
    ],
)
def test_zero_is_never_a_thousand(unit: str, top: float, thousands: str, zero: str) -> None:
    frame = pd.DataFrame({"a": [0.0, top]}, index=pd.date_range(START, periods=2))
    for drawn, along in (
        (categories.vertical(["a"], [top], unit), "yAxis"),
        (categories.horizontal(["a"], [top], unit, None, False), "xAxis"),
        (categories.stacked(frame, unit, {}, None, ()), "yAxis"),
        (timeseries.build(Drawing(frame, unit)), "yAxis"),
        (timeseries.build(Drawing(frame, unit, low=None)), "yAxis"),
    ):
        figures, nothing = drawn[along]
        assert figures["axisLabel"] | {"showMinLabel": False} == figures["axisLabel"]
        assert figures["axisLabel"]["formatter"] == thousands
        assert nothing["axisLabel"]["formatter"] == zero


def test_an_axis_that_crosses_zero_names_it_where_it_lies() -> None:
    figures, nothing = categories.vertical(["a", "b"], [-8_000.0, 30_000.0], "money")["yAxis"]
    assert figures["axisLabel"]["customValues"] == [-10, 10, 20, 30]
    assert nothing["axisLabel"]["customValues"] == [0]
    limits = ("min", "max", "interval")
    assert [figures[name] for name in limits] == [nothing[name] for name in limits] == [-10, 30, 10]


def test_an_axis_without_thousands_or_zero_stands_alone() -> None:
    assert isinstance(categories.vertical(["a"], [30.0], "money")["yAxis"], dict)
    frame = pd.DataFrame({"a": [90_000.0, 99_000]}, index=pd.date_range(START, periods=2))
    assert isinstance(timeseries.build(Drawing(frame, "money", low=None))["yAxis"], dict)
