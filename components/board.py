"""A wall board: many small live charts whose drawing is prepared once for everybody who watches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import pandas as pd
import streamlit as st
import structlog

from components import empty, tables
from components.charts import sent, timeseries
from components.charts.option import Mark, Threshold
from components.charts.timeseries import Drawing, Kind, Span
from components.panel import panel

_HEIGHT = 156
# A point a pixel of so narrow a chart: what is sent each tick stays small.
_POINTS = 360
Places = dict[str, Any]
_log = structlog.get_logger()


@dataclass(frozen=True)
class Chart:
    """One panel of the board: which columns of which frame, in which unit.

    columns: column → name in the legend. `nothing`: why there may be no figures.
    """

    key: str
    title: str
    note: str
    columns: Mapping[str, str]
    unit: str = "count"
    kind: Kind = "line"
    thresholds: Sequence[Threshold] = ()
    low: float | None = 0
    high: float | None = None
    nothing: str = "No samples in this period."


@dataclass(frozen=True)
class Prepared:
    """A panel ready to be sent; `option` is None when there is nothing to draw or it failed."""

    chart: Chart
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    option: Mapping[str, Any] | None = None
    alt: str = ""
    problem: str = ""

    @cached_property
    def message(self) -> Any:
        """What is sent, the same for everybody; first asked for while a page runs."""
        return sent.message(self.option or {}, self.chart.key, self.alt)


def prepare(
    chart: Chart, frame: pd.DataFrame, span: Span | None = None, marks: Sequence[Mark] = ()
) -> Prepared:
    """Choose the chart's columns and build its drawing; a failure stays within this panel."""
    try:
        names = {name: words for name, words in chart.columns.items() if name in frame.columns}
        chosen = frame[list(names)].dropna(axis="columns", how="all")
        if chosen.empty:
            return Prepared(chart, problem=chart.nothing)
        drawing = Drawing(
            chosen, chart.unit, names, chart.kind, chart.thresholds, None, marks, span,
            chart.low, chart.high, _POINTS,
        )  # fmt: skip
        alt = timeseries.describe(drawing, chart.title)
        return Prepared(chart, chosen, timeseries.build(drawing), alt)
    except Exception as error:  # one panel failing must never blank the page
        _log.error("a chart failed", chart=chart.key, exc_info=error)
        return Prepared(chart, problem=f"“{chart.title}” cannot be drawn; the log says why.")


def views(names: Sequence[str]) -> tuple[str, Any]:
    """Tabs of which the open one alone is drawn, its name in the URL; gives it and its place."""
    tabs = st.tabs(list(names), key="view", bind="query-params")
    return next(
        ((name, tab) for name, tab in zip(names, tabs, strict=True) if tab.open),
        (names[0], tabs[0]),
    )


def slots(charts: Sequence[Chart], frame_of: Callable[[str], pd.DataFrame]) -> Places:
    """Lay the panels out, three abreast, and return the places to draw into.

    Drawn once a full run: a refresh then sends the charts alone. `frame_of(key)` gives the frame
    that is on the screen when somebody downloads it.
    """
    places: Places = {}
    with st.container(key="sx-board"):  # a grid of style.css: columns would be a dozen blocks
        for chart in charts:
            with panel(chart.title, chart.note):
                places[chart.key] = st.empty()
                tables.download_of(partial(frame_of, chart.key), name=chart.key)
    return places


def draw(places: Places, prepared: Sequence[Prepared]) -> None:
    """Send every chart to its place; the same key updates it without a flicker."""
    for ready in prepared:
        place = places[ready.chart.key]
        if ready.option is None:
            place.html(f'<div class="sx-board-empty">{empty.html(ready.problem)}</div>')
        else:
            sent.send(place, ready.message, _HEIGHT)
