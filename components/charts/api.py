"""The charts that pages call: a frame in; a drawing, its alternative text and its CSV out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from components import empty, tables, units
from components.charts import categories, matrix, timeseries
from components.charts.option import Mark, Threshold
from components.charts.timeseries import Drawing, Kind, Span

_STEPS = 200
_BARS = 30
_NOTHING = "Nothing to draw in this period."


def time_series(
    frame: pd.DataFrame,
    *,
    key: str,
    title: str = "",
    unit: str = "count",
    names: Mapping[str, str] | None = None,
    kind: Kind = "line",
    thresholds: Sequence[Threshold] = (),
    ghost: pd.Series | None = None,
    marks: Sequence[Mark] = (),
    span: Span | None = None,
    low: float | None = 0,
    high: float | None = None,
    height: int = 220,
    csv: bool = True,
    nothing: str = _NOTHING,
) -> None:
    """Series over time; updates in place under the same `key`.

    frame: index of aware instants or of days, one column a series; NaN and missing steps are gaps.
    names: column → name in the legend. ghost: a series of the earlier period, row by row beside
    this one (its name is its legend). span: first and last instant of the axis, data or not.
    low, high: ends of the axis, None to fit. title: for those who hear the chart.
    """
    if frame.empty or not len(frame.columns):
        empty.state(nothing)
        return
    drawing = Drawing(frame, unit, names or {}, kind, thresholds, ghost, marks, span, low, high)
    _draw(timeseries.build(drawing), key, timeseries.describe(drawing, title or key), height)
    _csv(frame.reset_index(names=str(frame.index.name or "at")), key, csv)


def stacked_bars(
    frame: pd.DataFrame,
    *,
    key: str,
    title: str = "",
    unit: str = "count",
    names: Mapping[str, str] | None = None,
    ghost: pd.Series | None = None,
    marks: Sequence[Mark] = (),
    height: int = 260,
    side_by_side: bool = False,
    csv: bool = True,
    nothing: str = _NOTHING,
) -> None:
    """Bars over days, weeks or months (index), one column a part; the parts add up.

    ghost: the total of the earlier period, row by row. Beyond 200 steps the same is an area.
    side_by_side: the parts of a step stand beside each other, for what does not add up.
    """
    if frame.empty or not len(frame.columns):
        empty.state(nothing)
        return
    alt = timeseries.describe(Drawing(frame, unit, names or {}), title or key)
    if len(frame) > _STEPS:
        drawing = Drawing(frame, unit, names or {}, "stacked", (), ghost, marks)
        option = timeseries.build(drawing)
    else:
        option = categories.stacked(
            frame, unit, names or {}, ghost, marks, side_by_side=side_by_side
        )
    _draw(option, key, alt, height)
    _csv(frame.reset_index(names=str(frame.index.name or "step")), key, csv)


def bars(
    frame: pd.DataFrame,
    *,
    key: str,
    label: str,
    value: str,
    title: str = "",
    unit: str = "count",
    horizontal: bool = True,
    target: float | None = None,
    select: bool = False,
    height: int | None = None,
    csv: bool = True,
    nothing: str = _NOTHING,
) -> str | None:
    """One bar a row in the frame's order, the first 30; `label` and `value` are columns.

    select: a click on a bar reruns the page and its label is returned, None for no choice.
    """
    if frame.empty:
        empty.state(nothing)
        return None
    shown = frame.head(_BARS)
    labels, values = [str(name) for name in shown[label]], [float(v) for v in shown[value]]
    if horizontal:
        option = categories.horizontal(labels, values, unit, target, select)
    else:
        option = categories.vertical(labels, values, unit)
    tall = height or (26 * len(labels) + 34 if horizontal else 240)
    state = _draw(option, key, _ranked(title or key, labels, values, unit), tall, select)
    _csv(frame, key, csv)
    return _clicked(state, labels) if select else None


def waterfall(
    frame: pd.DataFrame,
    *,
    key: str,
    label: str,
    value: str,
    start: tuple[str, float],
    end: tuple[str, float],
    title: str = "",
    unit: str = "money",
    height: int = 280,
    csv: bool = True,
) -> None:
    """From `start` (name, figure) over signed changes to `end`; the changes add up."""
    labels, values = [str(name) for name in frame[label]], [float(v) for v in frame[value]]
    option = categories.waterfall(labels, values, start, end, unit)
    _draw(option, key, _ranked(title or key, labels, values, unit), height)
    _csv(frame, key, csv)


def pareto(
    frame: pd.DataFrame,
    *,
    key: str,
    label: str,
    value: str,
    title: str = "",
    unit: str = "count",
    height: int = 280,
    csv: bool = True,
    nothing: str = _NOTHING,
) -> None:
    """Bars from large to small with the cumulated share as a line."""
    if frame.empty:
        empty.state(nothing)
        return
    labels, values = [str(name) for name in frame[label]], [float(v) for v in frame[value]]
    option = categories.pareto(labels, values, unit)
    _draw(option, key, _ranked(title or key, labels, values, unit), height)
    _csv(frame, key, csv)


def heatmap(
    frame: pd.DataFrame,
    *,
    key: str,
    title: str = "",
    unit: str = "count",
    height: int = 260,
    figures: bool = False,
    csv: bool = True,
    nothing: str = _NOTHING,
) -> None:
    """A matrix: index down, columns across, such as weekday × hour; NaN is an empty cell."""
    if frame.empty:
        empty.state(nothing)
        return
    alt = f"{title or key}: {len(frame)} rows by {len(frame.columns)} columns"
    _draw(matrix.heat(frame, unit, figures), key, alt, height)
    _csv(frame.reset_index(), key, csv)


def cohort(
    frame: pd.DataFrame,
    *,
    key: str,
    title: str = "",
    unit: str = "share",
    height: int | None = None,
    csv: bool = True,
) -> None:
    """Cohorts down, periods since the first across; cells of the future are NaN."""
    tall = height or 28 * len(frame) + 60
    heatmap(frame, key=key, title=title, unit=unit, height=tall, figures=True, csv=csv)


def _draw(option: dict[str, Any], key: str, alt: str, height: int, select: bool = False) -> Any:
    if select:
        return st.echarts_chart(option, key=key, alt=alt, height=height, on_select="rerun")
    return st.echarts_chart(option, key=key, alt=alt, height=height)


def _clicked(state: Any, labels: Sequence[str]) -> str | None:
    chosen = [at for group in state.selection.selected for at in group["data_indices"]]
    return labels[chosen[0]] if chosen and chosen[0] < len(labels) else None


def _ranked(title: str, labels: Sequence[str], values: Sequence[float], unit: str) -> str:
    pairs = zip(labels[:8], values[:8], strict=True)
    return f"{title}. " + "; ".join(f"{name}: {units.text(value, unit)}" for name, value in pairs)


def _csv(frame: pd.DataFrame, key: str, wanted: bool) -> None:
    if wanted:
        tables.download(frame, name=key, key=f"{key}-csv")
