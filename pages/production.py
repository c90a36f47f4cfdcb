"""Production: how well the lines run, what stops them, and what people at the lines enter."""

from __future__ import annotations

import streamlit as st

from auth.roles import can
from components import banner, empty, guard, period
from components.heading import heading
from components.timespan import Period
from data.queries import company_state, production_board
from pages import Page, production_entry, production_parts, sample_offer

_DATASETS = ("production-runs", "production-stops", "deliveries")


def render() -> None:
    """The page."""
    person = guard.require("production")
    with heading("Production"):
        chosen = period.picker(refresh=30)
    state = company_state.state(*_DATASETS)
    may_enter = can(person.role, "production", "enter")
    if state.sample:
        banner.sample_data()
    if not state.datasets.intersection(_DATASETS):
        empty.state("Nothing was made yet.", "Import production runs, enter the first run below, "
                    "or load the sample company.")  # fmt: skip
        sample_offer.offer()
    else:
        _body(chosen)
    if may_enter:
        production_entry.forms(person)


def _body(chosen: Period) -> None:
    """Everything under the head, drawn again when its figures may have changed."""

    @st.fragment(run_every=chosen.refresh)
    def drawn() -> None:
        person = guard.require("production")
        version = production_board.version(company_state.state(*_DATASETS).version)
        production_parts.headline(version, chosen)
        production_parts.standing(can(person.role, "production", "enter"))
        left, right = st.columns(2)
        with left:
            production_parts.over_time(version, chosen)
            production_parts.output(version, chosen)
        with right:
            production_parts.downtime(version, chosen)
            production_parts.by_line(version, chosen)
        production_parts.groups(version, chosen)

    drawn()


PAGE = Page("production", "Production", ":material/precision_manufacturing:", "Factory",
            "production", render)  # fmt: skip
