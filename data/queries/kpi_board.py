"""Many KPIs of several areas at once, each area reading its inputs once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

import pandas as pd

from config.kpis import KPIS
from data import company
from data.queries import (
    finance,
    finance_board,
    inventory,
    inventory_board,
    kpi,
    production_board,
    sales_board,
)
from data.queries.figure import Figure
from data.queries.finance_inputs import Inputs

Days = tuple[date, date]
Lines = dict[str, list[float | None]]


class Board(NamedTuple):
    """What the Overview shows, all from one reading.

    judged: KPI → over the period. shown: KPI → over each of the spans. lines: the shown that have a
    figure by day, week or month over the period.
    """

    judged: dict[str, Figure]
    shown: dict[str, list[Figure]]
    lines: Lines


def board(judged: Sequence[str], shown: Sequence[str], spans: Sequence[Days], by: str) -> Board:
    """`judged` over the first of the spans, the period; `shown` over all of them."""
    inputs = Inputs(_newest(spans))
    every = list(dict.fromkeys([*judged, *shown]))
    now = figures(every, spans[:1], inputs)
    others = figures(shown, spans[1:], inputs) if spans[1:] else {slug: [] for slug in shown}
    drawn = [slug for slug in shown if now[slug][0].value is not None]
    return Board(
        {slug: now[slug][0] for slug in judged},
        {slug: [*now[slug], *others[slug]] for slug in shown},
        over_time(drawn, *spans[0], by, inputs),
    )


def _newest(spans: Sequence[Days]) -> date:
    return min(max(end for _, end in spans), company.today())


def figures(
    slugs: Sequence[str], spans: Sequence[Days], inputs: Inputs | None = None
) -> dict[str, list[Figure]]:
    """Each KPI over each range of company days, both ends included; as `kpi.value` gives it."""
    today = company.today()
    if any(start > today or end < start for start, end in spans):
        return {slug: [kpi.value(slug, *span) for span in spans] for slug in slugs}
    area = {name: [slug for slug in slugs if KPIS[slug].area == name] for name in _AREAS}
    found = {
        slug: [kpi.value(slug, *span) for span in spans]
        for slug in slugs if KPIS[slug].area not in _AREAS
    }  # fmt: skip
    if area["sales"]:
        read = [sales_board.figures(area["sales"], *span) for span in spans]
        found |= {slug: [each[slug] for each in read] for slug in area["sales"]}
    if area["production"]:
        found |= production_board.figures(area["production"], spans)
    days = [end for _, end in spans]
    inputs = inputs or Inputs(_newest(spans))
    found |= finance_board.figures(area["finance"], days, inputs)
    return found | inventory_board.figures(area["inventory"], days, inputs)


def over_time(
    slugs: Sequence[str], start: date, end: date, by: str, inputs: Inputs | None = None
) -> Lines:
    """Each KPI by day, week or month, in order; only those that the catalogue offers so."""
    wanted = [slug for slug in slugs if by in KPIS[slug].by]
    sales = [slug for slug in wanted if KPIS[slug].area == "sales"]
    made = [slug for slug in wanted if KPIS[slug].area == "production" and slug in _OF_RUNS]
    found: Lines = {}
    if sales:
        found |= _lists(sales_board.over_time(sales, start, end, by))
    if made:
        found |= _lists(production_board.over_time(made, start, end, by))
    end = min(end, company.today())
    inputs = inputs or Inputs(end)
    for slug in wanted:
        if KPIS[slug].area in _STANDING:
            at, points = _STANDING[KPIS[slug].area], finance.closings(start, end, by)
            found[slug] = [at(slug, inputs, day) for day in points.values()]
        elif slug not in found:
            found |= _lists(kpi.series(slug, start, end, by)[["value"]].set_axis([slug], axis=1))
    return found


def _lists(frame: pd.DataFrame) -> dict[str, list[float | None]]:
    return {str(name): [None if pd.isna(value) else float(value) for value in column]
            for name, column in frame.items()}  # fmt: skip


# What stands at the end of a day, rather than being summed over it.
_STANDING: dict[str, Callable[[str, Inputs, date], float | None]] = {
    "finance": lambda slug, inputs, day: finance.at(slug, inputs, day).value,
    "inventory": lambda slug, inputs, day: inventory.at(slug, day, inputs).value,
}
_AREAS = ("sales", "finance", "inventory", "production")
_OF_RUNS = {slug for slug, entry in KPIS.items() if entry.area == "production"} - {
    "on_time_delivery_pct"
}
