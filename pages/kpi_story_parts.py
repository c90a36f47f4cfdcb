"""The parts of a KPI's story, each a panel that fails alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from auth.people import Person
from components import charts, empty, guard, hover_table, tables, tiles, units
from components.hover_table import Cell
from components.panel import panel
from components.timespan import Period
from config.kpis import Kpi
from data import annotations as dated
from data import company, targets
from data.queries import finance, kpi, kpi_rows
from data.queries.figure import Figure
from data.queries.finance_inputs import Inputs
from pages import company_data as books

_TIME = ("day", "week", "month")
# Documents, balances and prices stand in the currency that their own column names.
_FIGURES = {
    "total": "amount", "open": "amount", "open_converted": "money", "balance": "amount",
    "amount": "amount", "unit_price": "amount", "unit_cost": "amount", "value": "money",
    "quantity": "count", "on_hand": "count",
}  # fmt: skip


def headline(version: str, chosen: Kpi, figure: Figure, span: Period) -> None:
    """The figure against before, a year earlier and its bounds."""
    before = books.kept(version, kpi.value, chosen.slug, *span.previous().days())
    year = books.kept(version, kpi.value, chosen.slug, *span.last_year().days())
    held = books.bounds(version)
    tiles.row([books.tile(chosen.slug, [figure, before, year], None, held, span)],
              label=chosen.title)  # fmt: skip


def definition(chosen: Kpi, figure: Figure, span: Period) -> None:
    """The formula in words and with its numbers, the source, and what was left out."""
    with panel("Definition", key="definition"):
        st.markdown(f"**{chosen.title}** = {chosen.formula}.")
        for line in worked(chosen, figure, span.days()[1]):
            st.markdown(line)
        if figure.value is None:
            empty.state("No data.", figure.reason or "")
        for what, count in figure.excluded.items():
            st.markdown(f"Left out and counted: {count:,} {what}.")
        age = "" if figure.as_of is None else f", read {figure.as_of:%Y-%m-%d %H:%M} UTC"
        st.caption(f"Source: {figure.source or chosen.source}{age}. Grain: {chosen.grain}. "
                   f"Name in API and exports: {chosen.slug}.")  # fmt: skip


def worked(chosen: Kpi, figure: Figure, day: date) -> list[str]:
    """The formula with its numbers filled in, as Markdown lines; none when there is no figure."""
    if figure.value is None:
        return []
    result = units.text(figure.value, chosen.unit, compact=False)
    if chosen.slug == "cash_conversion_cycle":
        inputs = Inputs(min(day, company.today()))
        dio, dso, dpo = (finance.at(slug, inputs, inputs.end).value or 0.0
                         for slug in ("dio", "dso", "dpo"))  # fmt: skip
        return [f"`{dio:.1f} + {dso:.1f} − {dpo:.1f} = {figure.value:.1f} days`"]
    if figure.numerator is None or figure.denominator is None:
        return [f"`= {result}`"]
    sign = "−" if chosen.slug == "working_capital" else "/"
    factor = {"%": " × 100", "days": " × 365"}.get(chosen.unit, "")
    return [f"`{figure.numerator:,.2f} {sign} {figure.denominator:,.2f}{factor} = {result}`"]


def history(version: str, chosen: Kpi, span: Period) -> None:
    """The KPI over the period, with its bounds and the notes about those days."""
    first, last = span.days()
    by = books.step(first, last)
    with panel("History", f"by {by}", key="history"):
        if by not in chosen.by:
            empty.state("This KPI keeps no history here.", "Its page shows it over time.")
            return
        frame = books.kept(version, kpi.series, chosen.slug, first, last, by)
        index = pd.Index(pd.to_datetime(frame[by]), name=by)
        charts.time_series(
            pd.DataFrame({chosen.slug: frame["value"].to_numpy()}, index=index),
            key=f"history-{chosen.slug}", title=chosen.title, unit=chosen.unit, height=260,
            names={chosen.slug: chosen.title}, low=None,
            thresholds=books.thresholds(books.bounds(version)[chosen.slug]),
            marks=books.marks(first, last, chosen.slug),
        )  # fmt: skip


def breakdown(version: str, chosen: Kpi, span: Period) -> None:
    """What is in it: by channel, product, line, reason …"""
    offered = [by for by in chosen.by if by not in _TIME]
    if not offered:
        return
    with panel("Breakdown", "adds up" if chosen.additive else "", key="breakdown"):
        by = st.segmented_control("By", offered, default=offered[0], key=f"by-{chosen.slug}",
                                  format_func=str.capitalize,
                                  label_visibility="collapsed") or offered[0]  # fmt: skip
        frame = books.kept(version, kpi.series, chosen.slug, *span.days(), by)
        charts.bars(frame.dropna(subset=["value"]), key=f"breakdown-{chosen.slug}-{by}", label=by,
                    value="value", title=f"{chosen.title} by {by}", unit=chosen.unit)  # fmt: skip


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
            tables.table(found.drop(columns="kpi"), name=f"targets-{chosen.slug}")
        if may_set:
            st.markdown(f"[Set it](targets?kpi={chosen.slug})")


def notes(person: Person, chosen: Kpi, span: Period) -> None:
    """Dated notes about this KPI, and a form for a new one."""
    with panel("Notes", "shown on every chart that covers their days", key="notes"):
        first, last = span.days()
        found = dated.between(first, last, chosen.slug)
        for row in found.to_dict("records"):
            begin, end = str(row["from_day"]), str(row["to_day"])
            days = begin if begin == end else f"{begin} – {end}"
            st.markdown(f"**{days}** {row['note']}  \n*{row['author']}*")
        with st.form("note", border=False, clear_on_submit=True):
            span_days = st.date_input("Days", (last, last), key="note-days")
            words = st.text_input("Note", max_chars=500, key="note-words")
            everywhere = st.checkbox("Show it on the charts of every KPI", key="note-everywhere")
            if st.form_submit_button("Add note"):
                guard.person()
                _add(person, chosen, span_days, words, everywhere)


def _add(person: Person, chosen: Kpi, span_days: object, words: str, everywhere: bool) -> None:
    days: Sequence[date] = span_days if isinstance(span_days, tuple) else (company.today(),)
    try:
        dated.add(days[0], days[-1], words, person.username, None if everywhere else chosen.slug)
    except dated.BadNote as bad:
        st.error(str(bad))
        return
    st.rerun()


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
