"""One KPI's story: what it means, how it was computed, where from, how it went, what is in it."""

from __future__ import annotations

import streamlit as st

from auth.roles import can
from components import banner, empty, guard, period
from components.heading import heading
from config.kpis import HOMES, KPIS, Kpi
from data.queries import company_state, kpi
from pages import Page, kpi_explain, kpi_notes, kpi_story_parts
from pages.company_data import kept


def render() -> None:
    """The page of `?kpi=slug`."""
    person = guard.person()
    chosen = KPIS.get(st.query_params.get("kpi", ""))
    if chosen is None:
        _choose([entry for entry in KPIS.values() if can(person.role, HOMES[entry.area])])
        return
    guard.require(HOMES[chosen.area])
    with heading(chosen.title):
        span = period.picker()
    version = company_state.state().version
    figure = kept(version, kpi.value, chosen.slug, *span.days())
    if figure.sample:
        banner.sample_data()
    kpi_story_parts.headline(version, chosen, figure, span)
    left, right = st.columns([3, 2])
    with left:
        kpi_story_parts.history(version, chosen, figure, span)
        kpi_story_parts.breakdown(version, chosen, figure, span)
        kpi_notes.show(chosen, span, HOMES[chosen.area])
    with right:
        kpi_story_parts.definition(version, chosen, figure, span)
        kpi_explain.show(chosen, figure, span, HOMES[chosen.area])
        kpi_story_parts.bounds_over_time(chosen, can(person.role, HOMES[chosen.area],
                                                     "set_targets"))  # fmt: skip
    kpi_story_parts.beneath(chosen, span)


def _choose(entries: list[Kpi]) -> None:
    """The catalogue, when the link names no KPI."""
    with heading("KPI catalogue", "what each figure means and where it comes from"):
        pass
    if not entries:
        empty.state("There is no KPI that you may read.")
        return
    kpi_story_parts.catalogue(entries)


# Everybody reads the stories of their own areas; `render` asks for the area.
PAGE = Page("kpi", "KPI catalogue", ":material/menu_book:", "Business", None, render)
