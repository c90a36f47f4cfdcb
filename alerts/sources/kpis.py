"""KPIs as signals: `kpi.<slug>`, over the last 30 company days, in the unit of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from alerts.series import Series
from alerts.signals import Signal, SignalError
from config.kpis import KPIS, Bounds, Kpi
from data import company
from data.queries import alerts as queries
from data.queries import kpi as kpi_queries

PAST_BOUND = "kpi.beyond_critical_pct"
_DAYS = 30
_LIVE_AREAS = ("system",)
_DAY = timedelta(days=1)


def signals() -> list[Signal]:
    """One signal a KPI, and one that tells how far each lies beyond its critical bound."""
    made = [
        Signal(
            f"kpi.{entry.slug}",
            f"{entry.title}, last {_DAYS} days",
            entry.unit,
            entry.area,
            spacing=_DAY,
            bound=bound_reader(entry),
        )
        for entry in _judged()
    ]
    title = "KPI beyond its critical bound"
    return [*made, Signal(PAST_BOUND, title, "%", "business", ("kpi",), spacing=_DAY)]


@lru_cache(maxsize=1)
def _judged() -> tuple[Kpi, ...]:
    return tuple(entry for entry in KPIS.values() if entry.area not in _LIVE_AREAS)


def bound_reader(entry: Kpi) -> Callable[[str], float | None]:
    """The KPI's own bounds by their name."""

    def bound(name: str) -> float | None:
        found: float | None = getattr(bounds(entry), name)
        return found

    return bound


def bounds(entry: Kpi) -> Bounds:
    """The bounds that hold today: those people set, else the catalogue's."""
    row = queries.kpi_bounds(entry.slug, company.today())
    return entry.bounds if row is None else Bounds(*row)


def read(name: str, start: datetime, end: datetime) -> list[Series]:
    """A sample at `end` for now, and one at the end of each earlier company day since `start`."""
    if name == PAST_BOUND:
        return [series for entry in _judged() if (series := _beyond(entry, start, end)) is not None]
    entry = KPIS[name.removeprefix("kpi.")]
    samples = _samples(entry, start, end)
    return [Series.of({}, samples, _DAY)] if samples else []


def _samples(entry: Kpi, start: datetime, end: datetime) -> list[tuple[datetime, float]]:
    found = []
    for day, at in days_between(start, end):
        try:
            figure = kpi_queries.value(entry.slug, day - timedelta(days=_DAYS - 1), day)
        except kpi_queries.BadQuery as error:
            raise SignalError(str(error)) from None
        if figure.value is not None:
            found.append((at, float(figure.value)))
    return found


def days_between(start: datetime, end: datetime) -> Iterator[tuple[date, datetime]]:
    """Each company day that ends in (start, end], then the one of `end`, with its sample's time."""
    day, today = company.today(start), company.today(end)
    while day <= today:
        at = min(end, _end_of_day(day))
        if at > start:
            yield day, at
        day += _DAY


def _end_of_day(day: date) -> datetime:
    following = datetime.combine(day + timedelta(days=1), time(), company.zone())
    return following.astimezone(UTC) - timedelta(microseconds=1)


def _beyond(entry: Kpi, start: datetime, end: datetime) -> Series | None:
    bound = bounds(entry).critical
    if bound is None or entry.direction == "neutral":
        return None
    sign = -1 if entry.direction == "higher" else 1
    scale = abs(bound) or 1.0
    samples = [
        (at, sign * (value - bound) / scale * 100) for at, value in _samples(entry, start, end)
    ]
    return Series.of({"kpi": entry.slug}, samples, _DAY) if samples else None
