"""Alerts that fired in a period: how often, how long, how quickly people and problems moved."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from alerts import store
from alerts.rules import SEVERITIES
from components import charts, guard, tiles
from components.panel import panel
from components.period import Period
from pages import alert_parts as parts

_COLUMNS = {
    "fired_at": "Fired",
    "rule": "Rule",
    "labels": "Labels",
    "severity": "Severity",
    "value": "Value",
    "minutes": "Minutes",
    "resolved_at": "Resolved",
    "acknowledged_by": "Acknowledged by",
    "to_acknowledge_min": "Minutes until then",
}


def show(chosen: Period) -> None:
    """Filters, figures, a chart by rule, and the list."""
    guard.require("alerts")
    with st.container(horizontal=True):
        search = st.text_input("Search", placeholder="Rule or label", key="history-search")
        severities = st.multiselect("Severity", SEVERITIES, key="history-severity")
    asked = (chosen.start, chosen.end, search, severities)
    frame, (found, rules) = store.history(*asked), store.times(*asked)
    tiles.row(
        [
            tiles.Tile("Fired", found.fired, better="lower"),
            tiles.Tile("Time to acknowledge", found.mtta_min, "minutes", better="lower",
                       reason="No alert of this period was acknowledged.", note="mean (MTTA)"),
            tiles.Tile("Time to resolve", found.mttr_min, "minutes", better="lower",
                       reason="No alert of this period has resolved yet.", note="mean (MTTR)"),
        ]
    )  # fmt: skip
    with panel("Most often", "times fired by rule"):
        charts.show(
            "alerts-by-rule",
            charts.bars(
                rules,
                label="rule",
                value="fired",
                title="Alerts by rule",
                nothing="Nothing fired in this period.",
            ),
        )
    cut = f"newest first, {store.MOST:,} of {found.fired:,}" if found.fired > len(frame) else ""
    with panel("Alerts", cut or "newest first"):
        _list(frame)


def _list(frame: pd.DataFrame) -> None:
    shown = parts.local(frame, "fired_at", "resolved_at").round({"minutes": 1, "value": 4})
    parts.linked(
        shown.round({"to_acknowledge_min": 1}),
        name="alert-history",
        columns=_COLUMNS,
        nothing="Nothing fired in this period.",
    )
