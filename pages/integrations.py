"""Integrations: how every vendor's connection stands, and how to steer it."""

from __future__ import annotations

import streamlit as st

from components import board, guard
from components.heading import heading
from components.runs import refreshed
from data.integrations import status
from data.integrations.status import Standing
from pages import Page, integrations_card, integrations_log, integrations_wizard

REFRESH_S = 5.0
_VIEWS = {
    "Runs": integrations_log.runs,
    "Calls": integrations_log.calls,
    "Differences": integrations_log.differences,
    "Connect": integrations_wizard.show,
}


def render() -> None:
    """The cards of all connections, then the chosen one in detail."""
    person = guard.require("integrations")
    with heading("Integrations", "Vendors whose data arrives by itself"):
        integrations_wizard.adding(person)
    integrations_wizard.returned(person)
    refreshed(_cards, REFRESH_S)()
    found = {each.connection.name: each for each in status.standings()}
    name = st.segmented_control(
        "Connection",
        list(found),
        key="connection",
        required=True,
        label_visibility="collapsed",
        bind="query-params",
        format_func=lambda each: found[each].connection.title,
        default=_default(found),
    )
    if name is None:
        return
    view, opened = board.views(tuple(_VIEWS))
    with opened:
        _VIEWS[view](found[name], person)


def _cards() -> None:
    """All connections, looked up anew every few seconds."""
    person = guard.require("integrations")
    found = status.standings()
    for start in range(0, len(found), 2):
        for place, each in zip(st.columns(2), found[start : start + 2], strict=False):
            with place:
                integrations_card.show(each, person)


def _default(found: dict[str, Standing]) -> str | None:
    """What the address names, else what wants attention; None once something is chosen.

    The widget itself knows the address by titles, links and people by names.
    """
    asked = st.query_params.get("connection")
    if asked in found and "connection" not in st.session_state:
        st.session_state["connection"] = asked
    return None if "connection" in st.session_state else _first(list(found.values()))


def _first(found: list[Standing]) -> str:
    """What needs attention first, else the first that is connected, else the first."""
    order = (status.FAILING, status.DEGRADED, status.CONNECTED, status.PAUSED)
    ranked = sorted(found, key=lambda e: order.index(e.state) if e.state in order else len(order))
    return ranked[0].connection.name


PAGE = Page("integrations", "Integrations", ":material/sync:", "System", "integrations", render)
