"""Production: how well the lines run, what stops them, and what people at the lines enter."""

from __future__ import annotations

import streamlit as st

from auth.roles import can
from components import guard
from components.timespan import Period
from data.queries import production_board
from pages import Page, company_page, production_entry, production_parts

_BOOKS = company_page.Books(
    "production",
    "Production",
    ("production-runs", "production-stops", "deliveries"),
    "Nothing was made yet.",
    "Import production runs, enter the first run below, or load the sample company.",
    refresh=30,
)


def render() -> None:
    """The page."""
    person = guard.require("production")
    company_page.show(_BOOKS, _body)
    if can(person.role, "production", "enter"):
        production_entry.forms(person)


def _body(known: str, chosen: Period) -> None:
    person = guard.person()
    version = production_board.version(known)
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


PAGE = Page("production", "Production", ":material/precision_manufacturing:", "Factory",
            "production", render)  # fmt: skip
