"""Explain on a KPI's story: a few sentences about the figures shown, each number checked."""

from __future__ import annotations

import streamlit as st

from components import empty, guard, units
from components.panel import panel
from components.timespan import Period
from config.kpis import Kpi
from data import company, targets
from data.integrations import openai
from data.integrations.narrative import Figure as Told
from data.integrations.narrative import Figures
from data.queries import kpi
from data.queries.figure import Figure


def show(chosen: Kpi, figure: Figure, span: Period, resource: str) -> None:
    """A button that asks; without configuration the sentence that says how to get it."""
    with panel("Explanation", "written by a language model from the figures on this page"):
        if missing := openai.available():
            st.caption(missing)
            return
        if not st.button("Explain", key=f"explain-{chosen.slug}", icon=":material/auto_awesome:"):
            return
        guard.require(resource)
        before = kpi.value(chosen.slug, *span.previous().days())
        year = kpi.value(chosen.slug, *span.last_year().days())
        told = openai.explain(figures(chosen, span, figure, before, year))
        if told.text:
            st.write(told.text)
            st.caption(f"Model: {told.model}")
        else:
            empty.state("There is no explanation.", told.reason or "")


def figures(chosen: Kpi, span: Period, now: Figure, before: Figure, year: Figure) -> Figures:
    """What the page shows, and nothing of who bought what."""
    first, last = span.days()
    unit = company.currency() if chosen.unit == "currency" else chosen.unit
    told = [Told(chosen.title, _rounded(now.value), unit, now.reason or "")]
    for name, held in (("previous period", before), ("same period last year", year)):
        told.append(Told(f"{chosen.title}, {name}", _rounded(held.value), unit, held.reason or ""))
        change = units.change(now.value, held.value, chosen.unit)
        points = {"%": "percentage points", "products": "", "batches": ""}.get(chosen.unit, "%")
        told.append(Told(f"Change against the {name}", _rounded(change), points))
    told += [Told(f"Left out: {what}", float(count), "") for what, count in now.excluded.items()]
    target = targets.bounds(chosen.slug).target
    if target is not None:
        told.append(Told("Target", target, unit))
    subject = f"{chosen.title}: {chosen.formula}; {chosen.direction} is better"
    return Figures(subject, f"{first} to {last}", tuple(told))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
