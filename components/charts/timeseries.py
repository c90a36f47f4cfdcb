"""Lines and areas over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
import pandas as pd

from components import units
from components.charts import frames, option, zero
from components.charts.frames import Numbers
from components.charts.option import Mark, Threshold
from components.scales import Scale, scale
from data import company

Kind = Literal["line", "area", "stacked"]
Span = tuple[datetime | date, datetime | date]


@dataclass(frozen=True)
class Drawing:
    """Everything that a chart over time is made from."""

    frame: pd.DataFrame
    unit: str = "count"
    names: Mapping[str, str] = field(default_factory=dict)
    kind: Kind = "line"
    thresholds: Sequence[Threshold] = ()
    ghost: pd.Series | None = None
    marks: Sequence[Mark] = ()
    span: Span | None = None
    low: float | None = 0
    high: float | None = None
    points: int | None = None


def build(drawing: Drawing) -> dict[str, Any]:
    """The ECharts option; its data stands in `dataset.source` as an Arrow table."""
    if drawing.kind == "area" and drawing.low is None:
        # An area that does not stand on zero shows a share of the figure as if it were all of it.
        drawing = replace(drawing, kind="line")
    lines = frames.matrix(drawing.frame)
    if drawing.ghost is not None:
        lines = np.vstack([lines, _aligned(drawing.ghost, len(drawing.frame))])
    x = frames.wall_clock(drawing.frame.index, company.zone())
    x, lines = frames.thinned(*frames.broken_at_gaps(x, lines), drawing.points)
    top = _largest(lines, drawing)
    chosen = scale(drawing.unit, top)
    several = len(lines) > 1
    return option.base(legend=several) | {
        "xAxis": option.time_axis(*_span(drawing.span), _days(x)),
        "yAxis": _figures(drawing, lines, chosen),
        "dataset": {"source": frames.table(x, lines / chosen.divide)},
        "series": _series(drawing, lines, chosen, top),
    }


def _figures(drawing: Drawing, lines: Numbers, chosen: Scale) -> Any:
    """The axis; where zero is near the lowest figure it stands on zero."""
    known = lines[np.isfinite(lines)]
    lowest, highest = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    low = drawing.low
    if low is None and chosen.letter and 0 <= lowest <= highest / 3:
        low = 0.0
    axis = option.value_axis(chosen, low, drawing.high)
    lowest = 0.0 if low == 0 else lowest
    if drawing.high is not None or low or (lowest < 0 and drawing.kind == "stacked"):
        return axis
    return zero.plain_zero(axis, chosen, (lowest, highest))


def describe(drawing: Drawing, title: str) -> str:
    """What someone who cannot see the chart is told: each series' last, lowest and highest."""
    said = []
    for column in list(drawing.frame.columns)[:6]:
        figures = drawing.frame[column].dropna()
        name = drawing.names.get(column, str(column))
        if figures.empty:
            said.append(f"{name}: no data")
            continue
        last, low, high = (
            units.text(float(value), drawing.unit)
            for value in (figures.iloc[-1], figures.min(), figures.max())
        )
        said.append(f"{name}: latest {last}, lowest {low}, highest {high}")
    return f"{title}. " + "; ".join(said)


def _series(drawing: Drawing, lines: Numbers, chosen: Scale, top: float) -> list[dict[str, Any]]:
    columns = list(drawing.frame.columns)
    series = [
        _line(number, drawing.names.get(column, str(column)), drawing.kind, chosen)
        | _dots(lines[number])
        for number, column in enumerate(columns)
    ]
    if drawing.ghost is not None:
        series.append(_ghost(len(columns), str(drawing.ghost.name or "Previous period"), chosen))
    across = [
        option.threshold_line(line, chosen)
        for line in drawing.thresholds
        if drawing.high is not None or line.value <= 2 * top
    ]
    across += [
        option.mark_line(mark, frames.clock_of(mark.at, company.zone())) for mark in drawing.marks
    ]
    if across and series:
        series[0]["markLine"] = {
            "silent": True, "symbol": "none", "animation": False, "data": across,
            "label": {"fontSize": 10},
        }  # fmt: skip
    return series


def _line(number: int, name: str, kind: Kind, chosen: Scale) -> dict[str, Any]:
    line: dict[str, Any] = {
        "type": "line",
        "name": name,
        "encode": {"x": "x", "y": str(number)},
        "showSymbol": False,
        "connectNulls": False,
        "lineStyle": {"width": 1.5},
        "emphasis": {"disabled": True},
        "tooltip": {"valueFormatter": chosen.tooltip},
    }
    if kind != "line":
        line["areaStyle"] = {"opacity": 0.75 if kind == "stacked" else 0.12}
    if kind == "stacked":
        line |= {"stack": "all", "lineStyle": {"width": 0}}
    return line


def _dots(line: Numbers) -> dict[str, Any]:
    """A figure between two gaps is no line; without a dot nobody would see it."""
    known = np.concatenate([[False], np.isfinite(line), [False]])
    if not (known[1:-1] & ~known[:-2] & ~known[2:]).any():
        return {}
    return {"showSymbol": True, "showAllSymbol": True, "symbol": "circle", "symbolSize": 2.5}


def _ghost(number: int, name: str, chosen: Scale) -> dict[str, Any]:
    pale = {"color": option.GREY, "width": 1.25, "type": "dashed", "opacity": 0.8}
    return _line(number, name, "line", chosen) | {
        "lineStyle": pale, "itemStyle": {"color": option.GREY}, "z": 1,
    }  # fmt: skip


def _aligned(ghost: pd.Series, rows: int) -> Numbers:
    """The earlier period laid over this one row by row, cut or filled at the end."""
    figures = ghost.to_numpy(dtype="float64", na_value=np.nan)[:rows]
    return np.pad(figures, (0, rows - len(figures)), constant_values=np.nan)


def _largest(lines: Numbers, drawing: Drawing) -> float:
    finite = lines[np.isfinite(lines)]
    top = float(np.abs(finite).max()) if finite.size else 0.0
    if drawing.kind == "stacked" and lines.size:
        top = max(top, float(np.nansum(np.abs(lines), axis=0).max(initial=0.0)))
    return max(top, drawing.high or 0.0)


def _days(x: Numbers) -> float:
    return float(x[-1] - x[0]) / 86_400_000 if len(x) > 1 else 0.0


def _span(span: Span | None) -> tuple[float | None, float | None]:
    if span is None:
        return None, None
    first, last = (frames.clock_of(at, company.zone()) for at in span)
    return first, last
