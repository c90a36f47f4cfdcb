"""Plots: what a chart shows, made from figures alone, so that many readers can share one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from components import units
from components.charts import categories, matrix, timeseries
from components.charts.option import Mark, Threshold
from components.charts.timeseries import Drawing, Kind, Span

NOTHING = "Nothing to draw in this period."
_STEPS = 200
_BARS = 30


@dataclass(frozen=True)
class Plot:
    """A drawing of `height` pixels, its words for those who hear it, the rows that its CSV gives.

    option: None when there is nothing to draw, which `alt` then says. labels: of bars, in order.
    """

    option: Mapping[str, Any] | None
    alt: str
    height: int = 0
    frame: pd.DataFrame | None = None
    labels: Sequence[str] = ()


def time_series(
    frame: pd.DataFrame,
    *,
    title: str,
    unit: str = "count",
    names: Mapping[str, str] | None = None,
    kind: Kind = "line",
    thresholds: Sequence[Threshold] = (),
    marks: Sequence[Mark] = (),
    span: Span | None = None,
    low: float | None = 0,
    high: float | None = None,
    height: int = 220,
    nothing: str = NOTHING,
) -> Plot:
    """Series over time.

    frame: index of aware instants or of days, one column a series; NaN and missing steps are gaps.
    names: column → name in the legend. span: first and last instant of the axis, data or not.
    low, high: ends of the axis, None to fit. title: for those who hear the chart.
    """
    if frame.empty or not len(frame.columns):
        return Plot(None, nothing)
    drawing = Drawing(frame, unit, names or {}, kind, thresholds, None, marks, span, low, high)
    return Plot(
        timeseries.build(drawing), timeseries.describe(drawing, title), height,
        frame.reset_index(names=str(frame.index.name or "at")),
    )  # fmt: skip


def stacked_bars(
    frame: pd.DataFrame,
    *,
    title: str,
    unit: str = "count",
    names: Mapping[str, str] | None = None,
    ghost: pd.Series | None = None,
    marks: Sequence[Mark] = (),
    height: int = 260,
    side_by_side: bool = False,
    nothing: str = NOTHING,
) -> Plot:
    """Bars over days, weeks or months (index), one column a part; the parts add up.

    ghost: the total of the earlier period, row by row. Beyond 200 steps the same is an area.
    side_by_side: the parts of a step stand beside each other, for what does not add up.
    """
    if frame.empty or not len(frame.columns):
        return Plot(None, nothing)
    called = names or {}
    if len(frame) > _STEPS:
        option = timeseries.build(Drawing(frame, unit, called, "stacked", (), ghost, marks))
    else:
        option = categories.stacked(frame, unit, called, ghost, marks, side_by_side=side_by_side)
    return Plot(
        option, timeseries.describe(Drawing(frame, unit, called), title), height,
        frame.reset_index(names=str(frame.index.name or "step")),
    )  # fmt: skip


def bars(
    frame: pd.DataFrame,
    *,
    label: str,
    value: str,
    title: str,
    unit: str = "count",
    horizontal: bool = True,
    target: float | None = None,
    select: bool = False,
    height: int | None = None,
    nothing: str = NOTHING,
) -> Plot:
    """One bar a row in the frame's order, the first 30; `label` and `value` are columns.

    select: bars that can be clicked.
    """
    if frame.empty:
        return Plot(None, nothing)
    labels, values = _pairs(frame.head(_BARS), label, value)
    if horizontal:
        option = categories.horizontal(labels, values, unit, target, select)
    else:
        option = categories.vertical(labels, values, unit)
    tall = height or (26 * len(labels) + 34 if horizontal else 240)
    return Plot(option, _ranked(title, labels, values, unit), tall, frame, labels)


def waterfall(
    frame: pd.DataFrame,
    *,
    label: str,
    value: str,
    start: tuple[str, float],
    end: tuple[str, float],
    title: str,
    unit: str = "money",
    height: int = 280,
) -> Plot:
    """From `start` (name, figure) over signed changes to `end`; the changes add up."""
    labels, values = _pairs(frame, label, value)
    option = categories.waterfall(labels, values, start, end, unit)
    return Plot(option, _ranked(title, labels, values, unit), height, frame)


def pareto(
    frame: pd.DataFrame,
    *,
    label: str,
    value: str,
    title: str,
    unit: str = "count",
    height: int = 280,
    nothing: str = NOTHING,
) -> Plot:
    """Bars from large to small with the cumulated share as a line."""
    if frame.empty:
        return Plot(None, nothing)
    labels, values = _pairs(frame, label, value)
    option = categories.pareto(labels, values, unit)
    return Plot(option, _ranked(title, labels, values, unit), height, frame)


def heatmap(
    frame: pd.DataFrame,
    *,
    title: str,
    unit: str = "count",
    height: int = 260,
    figures: bool = False,
    nothing: str = NOTHING,
) -> Plot:
    """A matrix: index down, columns across, such as weekday × hour; NaN is an empty cell."""
    if frame.empty:
        return Plot(None, nothing)
    alt = f"{title}: {len(frame)} rows by {len(frame.columns)} columns"
    return Plot(matrix.heat(frame, unit, figures), alt, height, frame.reset_index())


def cohort(frame: pd.DataFrame, *, title: str, unit: str = "share") -> Plot:
    """Cohorts down, periods since the first across; cells of the future are NaN."""
    return heatmap(frame, title=title, unit=unit, height=28 * len(frame) + 60, figures=True)


def _pairs(frame: pd.DataFrame, label: str, value: str) -> tuple[list[str], list[float]]:
    return list(map(str, frame[label])), [float(figure) for figure in frame[value]]


def _ranked(title: str, labels: Sequence[str], values: Sequence[float], unit: str) -> str:
    pairs = zip(labels[:8], values[:8], strict=True)
    return f"{title}. " + "; ".join(f"{name}: {units.text(value, unit)}" for name, value in pairs)
