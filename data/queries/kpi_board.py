"""Many KPIs of several areas at once, each area reading its inputs once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from config.kpis import KPIS
from data import company
from data.queries import finance_board, inventory_board, kpi, production_board, sales_board
from data.queries.figure import Figure
from data.queries.finance_inputs import Inputs

Days = tuple[date, date]


def figures(slugs: Sequence[str], spans: Sequence[Days]) -> dict[str, list[Figure]]:
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
    inputs = Inputs(min(max(days), today))
    found |= finance_board.figures(area["finance"], days, inputs)
    return found | inventory_board.figures(area["inventory"], days, inputs)


def over_time(
    slugs: Sequence[str], start: date, end: date, by: str
) -> dict[str, list[float | None]]:
    """Each KPI by day, week or month, in order; only those that the catalogue offers so."""
    wanted = [slug for slug in slugs if by in KPIS[slug].by]
    sales = [slug for slug in wanted if KPIS[slug].area == "sales"]
    made = [slug for slug in wanted if KPIS[slug].area == "production" and slug in _OF_RUNS]
    found: dict[str, list[float | None]] = {}
    if sales:
        found |= _lists(sales_board.over_time(sales, start, end, by))
    if made:
        found |= _lists(production_board.over_time(made, start, end, by))
    for slug in wanted:
        if slug not in found:
            found |= _lists(kpi.series(slug, start, end, by)[["value"]].set_axis([slug], axis=1))
    return found


def _lists(frame: pd.DataFrame) -> dict[str, list[float | None]]:
    return {str(name): [None if pd.isna(value) else float(value) for value in column]
            for name, column in frame.items()}  # fmt: skip


_AREAS = ("sales", "finance", "inventory", "production")
_OF_RUNS = {slug for slug, entry in KPIS.items() if entry.area == "production"} - {
    "on_time_delivery_pct"
}
