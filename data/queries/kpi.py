"""The value of any KPI by its slug: the one entry for pages, command line, API and alerts.

Each area is computed in a module of its own that has `value(slug, start, end) -> Figure` and
`series(slug, start, end, by) -> DataFrame`. Days are the company's, both ends included.
"""

from __future__ import annotations

from datetime import date
from importlib import import_module
from typing import Any

import pandas as pd

from config.kpis import Kpi, kpi
from data.queries.figure import BadQuery, Figure

__all__ = ["BadQuery", "Figure", "series", "value"]

_AREAS = {
    "sales": "data.queries.sales",
    "finance": "data.queries.finance",
    "inventory": "data.queries.inventory",
    "production": "data.queries.production",
    "system": "data.queries.system_kpis",
    "users": "data.queries.user_kpis",
}


def value(slug: str, start: date, end: date) -> Figure:
    """The KPI over the company days `start` to `end`. Raises UnknownKpi, BadQuery."""
    entry = kpi(slug)
    _require_range(start, end)
    figure: Figure = _area(entry).value(slug, start, end)
    return figure


def series(slug: str, start: date, end: date, by: str) -> pd.DataFrame:
    """The KPI by `day`, `week`, `month` or another of its breakdowns: columns [by, "value"].

    Time comes in order (week: its Monday; month: YYYY-MM), other groups largest first. Raises
    UnknownKpi, BadQuery.
    """
    entry = kpi(slug)
    _require_range(start, end)
    if by not in entry.by:
        offered = ", ".join(entry.by) or "none"
        raise BadQuery(f"{entry.title} has no breakdown by {by}; it has: {offered}.")
    frame: pd.DataFrame = _area(entry).series(slug, start, end, by)
    return frame


def history(slug: str, start: date, end: date) -> pd.DataFrame:
    """A KPI of the system or its users as their records keep it: an index in time, column `value`.

    Empty for what is not kept over time. Raises UnknownKpi, BadQuery.
    """
    entry = kpi(slug)
    _require_range(start, end)
    if entry.area not in ("system", "users"):
        return pd.DataFrame({"value": pd.Series(dtype="float64")})
    frame: pd.DataFrame = _area(entry).history(slug, start, end)
    return frame


def _require_range(start: date, end: date) -> None:
    if end < start:
        raise BadQuery(f"The range ends on {end}, before it begins on {start}; swap the two days.")


def _area(entry: Kpi) -> Any:
    """The module that computes the KPI; imported when first asked, not at the start."""
    return import_module(_AREAS[entry.area])
