"""Alerts: what is wrong now, since when and who has it; rules, channels, silences, on call."""

from __future__ import annotations

import streamlit as st

from components import board, guard, period
from components.heading import heading
from pages import (
    Page,
    alert_channels,
    alert_history,
    alert_now,
    alert_oncall,
    alert_quiet,
    alert_rules,
    alert_view,
)

_VIEWS = {
    "Now": alert_now.show,
    "History": alert_history.show,
    "Rules": alert_rules.show,
    "Channels": alert_channels.show,
    "Silences": alert_quiet.show,
    "On call": alert_oncall.show,
}


def render() -> None:
    """One alert when the address names one, else the views."""
    guard.require("alerts")
    given = st.query_params.get("alert", "")
    if given.isdecimal():
        alert_view.show(int(given))
        return
    with heading("Alerts", "What is wrong, since when, and who has it"):
        chosen = period.picker("live", refresh=5, compare=False)
    view, opened = board.views(tuple(_VIEWS))
    with opened:
        _VIEWS[view](chosen)


PAGE = Page("alerts", "Alerts", ":material/notifications:", "Today", "alerts", render)
