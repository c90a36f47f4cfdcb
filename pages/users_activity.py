"""Users → Activity: how much the product is used, which pages, when, and where it is slow."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from auth import usage
from components import charts, tables
from components.panel import panel

_RANGES = {"7 days": 7, "30 days": 30, "90 days": 90, "A year": 365}
_RUNS = {"mean_ms": "milliseconds", "slowest_ms": "milliseconds"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def show() -> None:
    """From the roll-ups by day and hour, whatever the number of views."""
    chosen = st.segmented_control("Range", list(_RANGES), default="30 days", key="activity-range",
                                  label_visibility="collapsed")  # fmt: skip
    days = _RANGES[chosen or "30 days"]
    left, right = st.columns(2)
    with left, panel("People a day", key="people"):
        charts.show("people-a-day", people_a_day(days))
    with right, panel("Busiest hours", "page views by the company's clock", key="busy"):
        _hours(days)
    with panel("Pages", "opened, minutes a visit, time of the first run", key="pages"):
        columns = {"page": "Page", "views": "Views", "people": "People", "minutes": "Minutes",
                   "mean_ms": "Mean run", "slowest_ms": "Slowest run"}  # fmt: skip
        tables.table(
            usage.pages(days), name="pages", columns=columns, formats=_RUNS | {"minutes": "decimal"}
        )
    left, right = st.columns(2)
    with left, panel("Slow pages by person", key="slow"):
        columns = {"username": "Username", "page": "Page", "views": "Views",
                   "mean_ms": "Mean run", "slowest_ms": "Slowest run"}  # fmt: skip
        tables.table(usage.slow(days), name="slow-pages", columns=columns, formats=_RUNS)
    with right, panel("Coming back", "people by the month they were first seen", key="cohorts"):
        _cohorts()
    with panel("Exports taken", key="exports"):
        columns = {"at": "When", "actor": "Who", "object": "What", "detail": "Filters and rows"}
        tables.table(usage.exports(days), name="exports", columns=columns)


def people_a_day(days: int) -> charts.Plot:
    """People and page views of each company day."""
    frame = usage.by_day(days)
    frame["day"] = pd.to_datetime(frame["day"])
    return charts.time_series(
        frame.set_index("day")[["people", "views"]],
        title="People and page views by day",
        names={"people": "People", "views": "Page views"},
    )


def _hours(days: int) -> None:
    frame = usage.hours(days)
    grid = frame.pivot_table(index="weekday", columns="hour", values="views", aggfunc="sum")
    grid = grid.reindex(index=range(7), columns=range(24)).fillna(0)
    grid.index, grid.columns = pd.Index(_DAYS), pd.Index([f"{hour:02}" for hour in range(24)])
    charts.show("busiest-hours", charts.heatmap(grid, title="Page views by weekday and hour"))


def _cohorts() -> None:
    frame = usage.retention()
    wide = frame.pivot_table(index="cohort", columns="month", values="people", aggfunc="sum")
    wide.columns = ["That month" if n == 0 else f"After {n}" for n in wide.columns]
    wide.index = pd.Index([f"{month:%B %Y}" for month in wide.index], name="First seen")
    tables.table(wide.reset_index(), name="cohorts", nothing="No named page views yet.")
