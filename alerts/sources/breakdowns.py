"""KPIs by line, product or channel as signals, and what stands still or runs out now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache, partial

from alerts.series import Series
from alerts.signals import Signal, SignalError
from alerts.sources.kpis import bound_reader, days_between
from config.kpis import KPIS, Kpi
from data import company
from data.queries import alerts as queries
from data.queries import inventory_products
from data.queries import kpi as kpi_queries

_DAY = timedelta(days=1)
_GROUPS = ("line", "product", "channel")
_STOPPED = "production.stopped_minutes"
_STOCK = {"on_hand": "units", "cover": "days"}


@dataclass(frozen=True)
class _Breakdown:
    """A KPI by a group over that many days."""

    entry: Kpi
    group: str
    days: int


@lru_cache(maxsize=1)
def _breakdowns() -> dict[str, _Breakdown]:
    found = {}
    for entry in KPIS.values():
        for group in _GROUPS:
            if group in entry.by:
                found[f"kpi.{entry.slug}.by_{group}"] = _Breakdown(entry, group, 30)
        if entry.area == "production" and "line" in entry.by:
            found[f"production.{entry.slug}"] = _Breakdown(entry, "line", 1)
    return found


def signals() -> list[Signal]:
    """`kpi.<slug>.by_<group>`: 30 days; `production.<slug>`: today by line; stops; stock."""
    made = [
        Signal(name, _title(one), one.entry.unit, one.entry.area, (one.group,),
               spacing=_DAY, bound=bound_reader(one.entry))
        for name, one in _breakdowns().items()
    ]  # fmt: skip
    made.append(Signal(_STOPPED, "Minutes that a line has stood still, unplanned", "minutes",
                       "production", ("line",), history=False))  # fmt: skip
    titles = {"on_hand": "Stock of a product", "cover": "Days that a product's stock lasts"}
    made += [
        Signal(f"inventory.{column}", titles[column], unit, "inventory", ("product",),
               history=False)
        for column, unit in _STOCK.items()
    ]  # fmt: skip
    return made


def _title(one: _Breakdown) -> str:
    when = "today" if one.days == 1 else f"last {one.days} days"
    return f"{one.entry.title} by {one.group}, {when}"


def read(name: str, start: datetime, end: datetime) -> list[Series]:
    """A label set a line, product or channel: as of `end`, and of the end of each day before."""
    if name == _STOPPED:
        return [Series.of(labels, [(end, minutes)]) for labels, minutes in queries.stopped(end)]
    if name.startswith("inventory."):
        return list(_stock(name.removeprefix("inventory."), end))
    return _over_days(_breakdowns()[name], start, end)


def _over_days(one: _Breakdown, start: datetime, end: datetime) -> list[Series]:
    samples: dict[str, list[tuple[datetime, float]]] = {}
    for day, at in days_between(start, end):
        for group, value in _values(one, day):
            samples.setdefault(group, []).append((at, value))
    made = partial(Series.of, spacing=_DAY)
    return [made({one.group: group}, found) for group, found in sorted(samples.items())]


def _values(one: _Breakdown, day: date) -> Iterator[tuple[str, float]]:
    first = day - timedelta(days=one.days - 1)
    try:
        frame = kpi_queries.series(one.entry.slug, first, day, one.group)
    except kpi_queries.BadQuery as error:
        raise SignalError(str(error)) from None
    known = frame.dropna(subset=[one.group, "value"])
    groups = known[one.group].astype(str)
    yield from zip(groups, known["value"].astype("float64"), strict=True)


def _stock(column: str, end: datetime) -> Iterator[Series]:
    frame = inventory_products.stand(company.today(end))
    if frame.empty:
        return
    known = frame.dropna(subset=[column])
    for sku, value in zip(known["sku"], known[column].astype("float64"), strict=True):
        yield Series.of({"product": str(sku)}, [(end, float(value))])
