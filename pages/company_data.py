"""Answers about the company's books, kept until one of its datasets changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any, TypeVar

import pandas as pd

from components import charts, kpi, units
from components.once import Once
from components.steady import Steady
from components.tiles import Tile
from components.timespan import Period
from config.kpis import KPIS, Bounds
from data import annotations as notes
from data import company, targets
from data.queries.figure import Figure

STALE_AFTER = timedelta(hours=26)
Made = TypeVar("Made")
_KEPT_S = 900
_ANSWERS: Once[Any] = Once(500)
_RECENT: Once[Any] = Once(32)
# The version to show of what may change many times a second.
steady = Steady()


def kept(version: str, question: Callable[..., Any], *given: Any) -> Any:
    """The answer of a query, asked again only when data, day or the company's settings change.

    Also after a while: some answers depend on the time of day.
    """
    aged = int(time.monotonic() // _KEPT_S)
    settings = (company.zone().key, company.currency(), company.today())
    key = (aged, settings, version, question, _hashable(given))
    return _own(_ANSWERS.get(key, lambda: question(*given)))


def lately(question: Callable[..., Made], *given: Any) -> Made:
    """An answer at most a second old, for what the runs of a page ask again and again."""
    key = (int(time.monotonic()), question, given)
    found: Made = _RECENT.get(key, lambda: question(*given))
    return found


def _hashable(given: Any) -> Any:
    return tuple(map(_hashable, given)) if isinstance(given, list | tuple) else given


def _own(answer: Any) -> Any:
    """A copy that its user may change; of a frame a shallow one, as pandas copies on write."""
    if isinstance(answer, pd.DataFrame | pd.Series):
        return answer.copy(deep=False)
    if isinstance(answer, dict):
        return {key: _own(value) for key, value in answer.items()}
    return answer.copy() if isinstance(answer, list) else answer


def step(first: date, last: date) -> str:
    """Days, weeks or months: not more points than a chart needs."""
    count = (last - first).days + 1
    return "day" if count <= 62 else "week" if count <= 250 else "month"


def closing_days(chosen: Period) -> tuple[date, date, date]:
    """Last day of the period, of the one before, and of the same a year earlier."""
    return (chosen.days()[1], chosen.previous().days()[1], chosen.last_year().days()[1])


def tile(
    slug: str,
    asked: list[Figure],
    spark: Iterable[float | None] | None,
    held: dict[str, Bounds],
    chosen: Period,
) -> Tile:
    """A KPI's tile, leading to its story; `asked`: now, in the period before, a year earlier."""
    now, before, year = asked
    excluded = "; ".join(units.counted(count, words) for words, count in now.excluded.items())
    query = "&".join(f"{name}={value}" for name, value in chosen.query().items())
    line = [] if spark is None else [None if pd.isna(at) else float(at) for at in spark]
    return kpi.tile(
        KPIS[slug], now.value, bounds=held[slug], previous=before.value, last_year=year.value,
        spark=line, source=now.source, as_of=now.as_of, stale_after=STALE_AFTER,
        reason=now.reason, note=f"Leaves out {excluded}" if excluded else "",
        link=f"kpi?kpi={slug}&{query}",
    )  # fmt: skip


def bounds(version: str) -> dict[str, Bounds]:
    """The bounds in force today."""
    found: dict[str, Bounds] = kept(version, targets.in_force)
    return found


def thresholds(held: Bounds) -> list[charts.Threshold]:
    """Target and bounds as lines across a chart."""
    found = []
    if held.target is not None:
        found.append(charts.Threshold(held.target, "target", "target"))
    if held.warning is not None:
        found.append(charts.Threshold(held.warning, "warning", "warning"))
    if held.critical is not None:
        found.append(charts.Threshold(held.critical, "critical", "critical"))
    return found


def marks(first: date, last: date, slug: str | None = None) -> list[charts.Mark]:
    """Notes about these days, for a chart that covers them."""
    found = notes.between(first, last, slug)
    return [charts.Mark(max(day, first), str(note)) for day, note in
            zip(found["from_day"], found["note"], strict=True)]  # fmt: skip
