"""The parts of a KPI's story, each a panel that fails alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import streamlit as st

from components import charts, empty, hover_table, tables, tiles, units
from components.hover_table import Cell
from components.markup import escape
from components.panel import panel
from components.tiles import Tile
from components.timespan import Period
from config.kpis import Kpi
from data import targets
from data.queries import kpi, kpi_rows
from data.queries.figure import Figure
from pages import company_data as books
from pages import kpi_worked
from pages.targets_parts import CHANGES

_TIME = ("day", "week", "month")
# Documents, balances and prices stand in the currency that their own column names.
_FIGURES = {
    "total": "amount", "open": "amount", "open_converted": "money", "balance": "amount",
    "amount": "amount", "unit_price": "amount", "unit_cost": "amount", "value": "money",
    "discount": "amount", "tax": "amount", "quantity": "number", "on_hand": "number",
}  # fmt: skip


def headline(version: str, chosen: Kpi, figure: Figure, span: Period) -> None:
    """The figure against its bounds, beside the period before and a year earlier."""
    spans = (span.previous(), span.last_year())
    before, year = (books.kept(version, kpi.value, chosen.slug, *at.days()) for at in spans)
    held = books.bounds(version)
    now = books.tile(chosen.slug, [figure, before, year], None, held, span)
    tiles.row(
        [replace(now, link=""),
         *(Tile(words, found.value, chosen.unit, better="neutral", note=at.label(),
                reason=found.reason or "")
           for words, found, at in zip(("Previous period", "Last year"), (before, year), spans,
                                       strict=True))],
        label=chosen.title,
    )  # fmt: skip


def definition(version: str, chosen: Kpi, figure: Figure, span: Period) -> None:
    """The formula in words and with its numbers, the source, and what was left out."""
    with panel("Definition", key="definition"):
        st.markdown(f"**{chosen.title}** = {chosen.formula}.")
        if worked := kpi_worked.line(version, chosen, figure, span):
            st.html(f'<p class="sx-worked">{escape(worked)}</p>')
        if figure.value is None:
            empty.state("No data.", figure.reason or "")
        for what, count in figure.excluded.items():
            st.markdown(f"Left out and counted: {units.counted(count, what)}.")
        age = "" if figure.as_of is None else f", read {figure.as_of:%Y-%m-%d %H:%M} UTC"
        st.caption(f"Source: {figure.source or chosen.source}{age}. Grain: {chosen.grain}. "
                   f"Name in API and exports: {chosen.slug}.")  # fmt: skip


def history(version: str, chosen: Kpi, figure: Figure, span: Period) -> None:
    """The KPI over the period, with its bounds and the notes about those days."""
    first, last = span.days()
    by = books.step(first, last)
    with panel("History", f"by {by}" if by in chosen.by else "as recorded", key="history"):
        if figure.value is None:
            empty.state("No history to draw.", figure.reason or "")
            return
        line = _line(version, chosen, first, last, by)
        if line["value"].isna().all():
            empty.state("No history of this KPI is kept.")
            return
        charts.show(
            f"history-{chosen.slug}",
            charts.time_series(
                line.rename(columns={"value": chosen.slug}),
                title=chosen.title,
                unit=chosen.unit,
                height=260,
                names={chosen.slug: chosen.title},
                low=None,
                thresholds=books.thresholds(books.bounds(version)[chosen.slug]),
                marks=books.marks(first, last, chosen.slug),
            ),
        )


def _line(version: str, chosen: Kpi, first: date, last: date, by: str) -> pd.DataFrame:
    """By the step that the catalogue offers, else as the KPI's own records keep it."""
    if by not in chosen.by:
        return books.lately(kpi.history, chosen.slug, first, last)
    frame: pd.DataFrame = books.kept(version, kpi.series, chosen.slug, first, last, by)
    return frame.set_index(pd.to_datetime(frame.pop(by)))


def breakdown(version: str, chosen: Kpi, figure: Figure, span: Period) -> None:
    """What is in it: by channel, product, line, reason …"""
    offered = [by for by in chosen.by if by not in _TIME]
    if not offered or figure.value is None:
        return
    with panel("Breakdown", "adds up" if chosen.additive else "", key="breakdown"):
        by = st.segmented_control("By", offered, default=offered[0], key=f"by-{chosen.slug}",
                                  format_func=str.capitalize,
                                  label_visibility="collapsed") or offered[0]  # fmt: skip
        frame = books.kept(version, kpi.series, chosen.slug, *span.days(), by)
        charts.show(
            f"breakdown-{chosen.slug}-{by}",
            charts.bars(
                frame.dropna(subset=["value"]),
                label=by,
                value="value",
                title=f"{chosen.title} by {by}",
                unit=chosen.unit,
            ),
        )


def bounds_over_time(chosen: Kpi, may_set: bool) -> None:
    """Who set which target when."""
    with panel("Target", key="target"):
        held = targets.bounds(chosen.slug)
        said = [f"{name} {units.text(value, chosen.unit)}" for name, value in
                (("target", held.target), ("warning", held.warning), ("critical", held.critical))
                if value is not None]  # fmt: skip
        st.markdown(f"In force: {', '.join(said) or 'none'}.")
        found = targets.history(chosen.slug)
        if not found.empty:
            tables.table(found.drop(columns="kpi"), name=f"targets-{chosen.slug}", columns=CHANGES)
        if may_set:
            st.markdown(f"[Set a target](targets?kpi={chosen.slug})")


def beneath(chosen: Kpi, span: Period) -> None:
    """The rows that the figure was made of."""
    with panel("Rows beneath", f"at most {kpi_rows.LIMIT}", key="rows"):
        frame = kpi_rows.rows(chosen.slug, *span.days())
        shown = frame.drop(columns=[name for name in ("last_seen", "source_id", "begun")
                                    if name in frame])  # fmt: skip
        heads = {name: str(name).replace("_", " ").capitalize() for name in shown.columns}
        tables.table(shown, name=f"{chosen.slug}-rows", columns=heads,
                     formats={name: unit for name, unit in _FIGURES.items() if name in shown},
                     nothing="No rows of this period lie beneath it.")  # fmt: skip


def catalogue(entries: list[Kpi]) -> None:
    """Every KPI with its formula, leading to its story."""
    held = targets.in_force()
    headings = [Cell("KPI"), Cell("Area"), Cell("Formula"), Cell("Target", number=True),
                Cell("Source"), Cell("Name in API")]  # fmt: skip
    rows = [
        [Cell(entry.title, link=f"kpi?kpi={entry.slug}"), Cell(entry.area.capitalize()),
         Cell(entry.formula), Cell(units.text(held[entry.slug].target, entry.unit), number=True),
         Cell(entry.source), Cell(entry.slug)]
        for entry in entries
    ]  # fmt: skip
    hover_table.table(headings, rows, "KPI catalogue")
