"""Targets: what each KPI is held against, from which day on, and who said so."""

from __future__ import annotations

import streamlit as st

from auth.roles import can
from components import empty, guard
from components.heading import heading
from components.panel import panel
from config.kpis import HOMES, KPIS
from pages import Page, targets_parts


def render() -> None:
    """The page."""
    person = guard.require("business")
    with heading("Targets", "used at once by tiles, alerts and the API"):
        pass
    readable = [entry for entry in KPIS.values() if can(person.role, HOMES[entry.area])]
    settable = [entry for entry in readable
                if can(person.role, HOMES[entry.area], "set_targets")
                and entry.direction != "neutral"]  # fmt: skip
    left, right = st.columns([3, 2])
    with right, panel("Set a target", "from a day on; history is kept", key="set-target"):
        if settable:
            targets_parts.form(person, settable)
        else:
            empty.state("You may read targets but not set them.", "A manager or an admin may.")
    with left:
        with panel("In force today", key="in-force"):
            targets_parts.in_force(readable)
        with panel("History", key="history"):
            targets_parts.history(readable)


PAGE = Page("targets", "Targets", ":material/flag:", "Business", "business", render)
