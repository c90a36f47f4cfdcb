"""A plot on the page, with its CSV."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import empty, tables
from components.charts.plots import Plot


def show(key: str, plot: Plot, *, csv: bool = True, select: bool = False) -> str | None:
    """Draw `plot`; the same `key` updates it in place.

    select: a click on a bar reruns the page and its label is returned, None for no choice.
    """
    if plot.option is None:
        empty.state(plot.alt)
        return None
    drawn: dict[str, Any] = {"key": key, "alt": plot.alt, "height": plot.height}
    if select:
        drawn["on_select"] = "rerun"
    state: Any = st.echarts_chart(plot.option, **drawn)
    if csv and plot.frame is not None:
        tables.download(plot.frame, name=key)
    return _clicked(state, plot) if select else None


def _clicked(state: Any, plot: Plot) -> str | None:
    chosen = [at for group in state.selection.selected for at in group["data_indices"]]
    return plot.labels[chosen[0]] if chosen and chosen[0] < len(plot.labels) else None
