"""Many sales KPIs at once, as a page shows them: one query a period, one for its days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from data import company, database
from data.queries.figure import Figure
from data.queries.sales import (
    BUCKETS,
    EVERYTHING,
    GROUPS,
    NAMED,
    NOT_GIVEN,
    Filter,
    absence,
    buckets,
    state,
)
from data.queries.sales_formulas import FORMULAS, MEASURES, columns, judge

Days = tuple[date, date]
_SUMS = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in MEASURES)


def figures(
    slugs: Sequence[str], start: date, end: date, chosen: Filter = EVERYTHING
) -> dict[str, Figure]:
    """Each KPI over the company days `start` to `end`, in one query."""
    known = state()
    reason = absence(known, start, end)
    source, as_of, sample = known["sources"], known["as_of"], bool(known["sample"])
    if reason:
        return {slug: Figure(slug, None, reason, source, as_of, sample=sample) for slug in slugs}
    row = _grouped(slugs, (start, end), chosen, None)[0]
    return {slug: _figure(slug, row, source, as_of, sample) for slug in slugs}


def sums(start: date, end: date) -> dict[str, float]:
    """Each measure of the roll-up over the company days, money in company currency."""
    row = database.one(
        f"SELECT {_SUMS} FROM sales_daily_channel WHERE day BETWEEN :start AND :end",
        start=start, end=end,
    )  # fmt: skip
    assert row is not None
    return {name: float(row[name]) for name in MEASURES}


def _figure(slug: str, row: Mapping[str, Any], source: str, as_of: Any, sample: bool) -> Figure:
    part = _part(slug, row)
    number, reason = judge(FORMULAS[slug], part, company.currency())
    excluded = {
        words: int(part[f"excluded_{at}"])
        for at, (words, _) in enumerate(FORMULAS[slug].excluded)
        if part[f"excluded_{at}"]
    }
    bottom = part["bottom"]
    return Figure(slug, number, reason or None, source, as_of, float(part["top"]),
                  None if bottom is None else float(bottom), excluded, sample)  # fmt: skip


def over_time(
    slugs: Sequence[str], start: date, end: date, step: str = "day", chosen: Filter = EVERYTHING
) -> pd.DataFrame:
    """KPIs by `step` (day, week, month): index its first day, one column a slug; NaN: no data.

    From the first to the last day that has orders, without holes.
    """
    known = state()
    if absence(known, start, end):
        return pd.DataFrame(columns=list(slugs), index=pd.Index([], name=step))
    first, last = max(start, known["first_day"]), min(end, known["last_day"])
    rows = {row["key"]: row for row in _grouped(slugs, (start, end), chosen, BUCKETS[step])}
    found: dict[str, list[float | None]] = {slug: [] for slug in slugs}
    for key in buckets(first, last, step):
        for slug in slugs:
            found[slug].append(_value(slug, rows.get(key)))
    index = pd.Index(buckets(first, last, step), name=step)
    return pd.DataFrame(found, index=index, dtype="float64")


def by_channel(start: date, end: date, step: str, chosen: Filter = EVERYTHING) -> pd.DataFrame:
    """Net revenue by `step` (index, its first day) and channel (columns), company currency."""
    known = state()
    if absence(known, start, end):
        return pd.DataFrame(index=pd.Index([], name=step))
    rows = database.read(
        f"SELECT {BUCKETS[step]} AS key, coalesce(nullif(channel, ''), '{NOT_GIVEN}') AS name, "
        f"sum(net) AS net FROM {chosen.table()} WHERE day BETWEEN :start AND :end{chosen.where()} "
        "GROUP BY 1, 2",
        start=start, end=end, **chosen.parameters(),
    )  # fmt: skip
    first, last = max(start, known["first_day"]), min(end, known["last_day"])
    frame = pd.DataFrame([(row["key"], row["name"], float(row["net"])) for row in rows],
                         columns=[step, "name", "net"])  # fmt: skip
    wide = frame.pivot(index=step, columns="name", values="net").reindex(
        pd.Index(buckets(first, last, step), name=step)
    )
    order = wide.sum().sort_values(ascending=False).index
    return wide[order].fillna(0.0).rename_axis(columns=None)


def groups(
    slugs: Sequence[str], start: date, end: date, by: str, chosen: Filter = EVERYTHING
) -> pd.DataFrame:
    """KPIs by `by` (channel, product, country, segment): columns [by, *slugs], first slug down."""
    rows = _grouped(slugs, (start, end), chosen, GROUPS[by], by)
    frame = pd.DataFrame(
        [[row["key"] or NOT_GIVEN, *(_value(slug, row) for slug in slugs)] for row in rows],
        columns=[by, *slugs],
    )
    numbers = frame.astype(dict.fromkeys(slugs, "float64"))
    return numbers.sort_values([slugs[0], by], ascending=[False, True], ignore_index=True)


def contributions(
    by: str,
    now: tuple[date, date],
    before: tuple[date, date],
    chosen: Filter = EVERYTHING,
    most: int = 8,
) -> pd.DataFrame:
    """What moved net revenue from `before` to `now`: columns [by, "change"], largest first.

    What is not among the `most` largest movers is summed as "others", so that all changes add up
    to the change of the total exactly.
    """  # fmt: skip
    current, earlier = (
        dict(groups(["net_revenue"], *days, by, chosen).fillna(0.0).to_numpy().tolist())
        for days in (now, before)
    )
    changes = {name: current.get(name, 0.0) - earlier.get(name, 0.0)
               for name in current.keys() | earlier.keys()}  # fmt: skip
    ranked = sorted(changes, key=lambda name: (-abs(changes[name]), name))
    shown = sorted(ranked[:most], key=lambda name: -changes[name])
    rows = [(name, changes[name]) for name in shown]
    if len(ranked) > most:
        rows.append(("others", sum(changes[name] for name in ranked[most:])))
    return pd.DataFrame(rows, columns=[by, "change"])


def product_titles() -> dict[str, str]:
    """Product code → title, where one product alone bears it."""
    rows = database.read(
        "SELECT sku, title FROM (SELECT sku, title, count(*) OVER (PARTITION BY title) AS bearers "
        "FROM products WHERE title <> '') named WHERE bearers = 1"
    )
    return {row["sku"]: row["title"] for row in rows}


def weekday_hours(start: date, end: date, channel: str | None = None) -> pd.DataFrame:
    """Orders by weekday (index, Monday first) and hour of the company's day (columns 0–23)."""
    rows = database.read(
        "SELECT extract(isodow FROM day)::int AS weekday, hour, sum(orders)::int AS orders "
        "FROM sales_hourly WHERE day BETWEEN :start AND :end "
        "AND (CAST(:channel AS text) IS NULL OR channel = :channel) GROUP BY 1, 2",
        start=start, end=end, channel="" if channel == NOT_GIVEN else channel,
    )  # fmt: skip
    names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    frame = pd.DataFrame(0.0, index=pd.Index(names, name="weekday"), columns=range(24))
    for row in rows:
        frame.loc[names[row["weekday"] - 1], row["hour"]] = float(row["orders"])
    return frame if rows else frame.iloc[:0]


def _grouped(
    slugs: Sequence[str], days: Days, chosen: Filter, key: str | None, by: str = ""
) -> list[Mapping[str, Any]]:
    """One row a group (all in one without `key`) with the parts of every KPI's formula."""
    parts = ", ".join(columns(FORMULAS[slug], f"{slug}__") for slug in slugs)
    grouping = f"{key} AS key, " if key else ""
    named = f"{NAMED.get(by, 'key')} AS key, " if key else ""
    return [
        dict(row)
        for row in database.read(
            f"SELECT {named}{parts} "
            f"FROM (SELECT {grouping}{_SUMS} "
            f"FROM {chosen.table(by)} WHERE day BETWEEN :start AND :end{chosen.where()}"
            f"{' GROUP BY 1' if key else ''}) grouped",
            start=days[0], end=days[1], **chosen.parameters(),
        )
    ]  # fmt: skip


def _part(slug: str, row: Mapping[str, Any]) -> dict[str, Any]:
    prefix = f"{slug}__"
    return {name.removeprefix(prefix): row[name] for name in row if name.startswith(prefix)}


def _value(slug: str, row: Mapping[str, Any] | None) -> float | None:
    formula = FORMULAS[slug]
    if row is None:
        return 0.0 if formula.bottom is None and formula.needs is None else None
    return judge(formula, _part(slug, row), company.currency())[0]
