"""Bars: a category an entry, stacked, ranked, or as steps from one figure to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from components import units
from components.charts import frames, option, zero
from components.charts.option import Mark
from components.scales import Scale, scale

_RADIUS = 2


def horizontal(
    labels: Sequence[str], values: Sequence[float], unit: str, target: float | None, select: bool
) -> dict[str, Any]:
    """Bars from the left, the first on top, each with its figure at its end."""
    chosen = scale(unit, _largest(values))
    found = option.base(legend=False)
    found["grid"] |= {"right": 64, "top": 4}
    bar: dict[str, Any] = {
        "type": "bar",
        "name": "",
        "barMaxWidth": 18,
        "itemStyle": {"borderRadius": [0, _RADIUS, _RADIUS, 0]},
        "data": [_labelled(value, unit, chosen, "right") for value in values],
        "tooltip": {"valueFormatter": chosen.tooltip},
    }
    if select:
        bar |= {"selectedMode": "single", "cursor": "pointer"}
    if target is not None:
        found["grid"] |= {"top": 20}
        bar["markLine"] = _upright(target, unit, chosen)
    return found | {
        "xAxis": zero.bars(chosen, zero.extent(values), "bottom"),
        "yAxis": option.category_axis(
            labels, inverse=True, axisLine={"show": False},
            axisLabel={"width": 130, "overflow": "truncate", "interval": 0},
        ),
        "series": [bar],
    }  # fmt: skip


def vertical(labels: Sequence[str], values: Sequence[float], unit: str) -> dict[str, Any]:
    """Bars from the floor."""
    chosen = scale(unit, _largest(values))
    return option.base(legend=False) | {
        "xAxis": option.category_axis(labels, axisLabel={"interval": 0, **_tilted(labels)}),
        "yAxis": zero.bars(chosen, zero.extent(values)),
        "series": [
            {
                "type": "bar", "name": "", "barMaxWidth": 32, "data": _plain(values, chosen),
                "itemStyle": {"borderRadius": [_RADIUS, _RADIUS, 0, 0]},
                "tooltip": {"valueFormatter": chosen.tooltip},
            }
        ],
    }  # fmt: skip


def _tilted(labels: Sequence[str]) -> dict[str, Any]:
    """Long names stand aslant, so that each can be read."""
    crowded = len(labels) > 3 and max(map(len, labels)) * len(labels) > 40
    return {"rotate": 30} if crowded else {}


def stacked(
    frame: pd.DataFrame,
    unit: str,
    names: Mapping[str, str],
    ghost: pd.Series | None,
    marks: Sequence[Mark],
    *,
    side_by_side: bool = False,
) -> dict[str, Any]:
    """Bars over days or other steps (index), one column a part."""
    lines = frames.matrix(frame)
    tall = np.nanmax if side_by_side else np.nansum
    chosen = scale(unit, float(tall(np.abs(lines), axis=0).max(initial=0.0)))
    labels = step_labels(frame.index)
    series: list[dict[str, Any]] = [
        {
            "type": "bar", "name": names.get(column, str(column)),
            "stack": str(number) if side_by_side else "all",
            "barMaxWidth": 28, "barCategoryGap": "22%", "emphasis": {"disabled": True},
            "data": _plain(lines[number].tolist(), chosen),
            "tooltip": {"valueFormatter": chosen.tooltip},
        }
        for number, column in enumerate(frame.columns)
    ]  # fmt: skip
    if ghost is not None:
        series.append(_ghost(ghost, len(frame), chosen))
    if marks and series:
        series[0]["markLine"] = _notes(marks, frame.index)
    return option.base(legend=len(series) > 1) | {
        "xAxis": option.category_axis(labels),
        "yAxis": zero.bars(chosen, zero.heights(lines, ghost, side_by_side)),
        "series": series,
    }


def pareto(labels: Sequence[str], values: Sequence[float], unit: str) -> dict[str, Any]:
    """Bars from large to small, and what share of all is reached with each."""
    order = sorted(range(len(values)), key=lambda at: -values[at])
    ranked = [float(values[at]) for at in order]
    total = sum(ranked)
    reached = [round(float(sum_) / total * 100, 1) if total else None for sum_ in np.cumsum(ranked)]
    found = vertical([labels[at] for at in order], ranked, unit)
    found["legend"] |= {"show": True}
    found["grid"] |= {"top": 30}
    found["series"][0]["name"] = "Amount"
    amounts = found["yAxis"] if isinstance(found["yAxis"], list) else [found["yAxis"]]
    found["yAxis"] = [
        *amounts,
        {"type": "value", "min": 0, "max": 100, "splitLine": {"show": False},
         "position": "right", "axisLabel": {"formatter": "{value} %"}, "interval": 25},
    ]  # fmt: skip
    found["series"].append(
        {
            "type": "line", "name": "Cumulated share", "yAxisIndex": len(amounts), "data": reached,
            "symbolSize": 5, "lineStyle": {"width": 1.5},
            "tooltip": {"valueFormatter": "%.1f %%"},
        }
    )  # fmt: skip
    return found


def waterfall(
    labels: Sequence[str],
    changes: Sequence[float],
    start: tuple[str, float],
    end: tuple[str, float],
    unit: str,
) -> dict[str, Any]:
    """From one figure over signed steps to another; bars may cross zero."""
    levels = np.concatenate([[start[1]], start[1] + np.cumsum(changes)])
    chosen = scale(unit, float(np.abs(np.append(levels, end[1])).max()))
    spans = [(0.0, start[1])]
    spans += [(float(levels[at]), float(levels[at + 1])) for at in range(len(changes))]
    spans.append((0.0, end[1]))
    figures = [start[1], *map(float, changes), end[1]]
    colours = [option.TEAL, *_signs(changes), option.TEAL]
    found = option.base(legend=False)
    found["grid"] |= {"top": 22}
    found["tooltip"] |= {"show": False}
    return found | {
        "xAxis": option.category_axis(
            [start[0], *labels, end[0]], axisLabel={"interval": 0, "hideOverlap": True}
        ),
        "yAxis": zero.bars(chosen, zero.extent([*levels, end[1]])),
        "series": _steps(spans, figures, colours, unit, chosen),
    }


def step_labels(index: pd.Index) -> list[str]:
    """Days as "1 Oct", months as "Oct 2026", with the year where it changes; text as it is."""
    if not isinstance(index, pd.DatetimeIndex):
        try:
            index = pd.DatetimeIndex(pd.to_datetime(index, format="%Y-%m-%d"))
        except (ValueError, TypeError):
            return [str(entry) for entry in index]
    monthly = len(index) > 1 and bool((index.day == 1).all())
    form = "%b %Y" if monthly else "%d %b %Y" if len(set(index.year)) > 1 else "%d %b"
    return [at.strftime(form).lstrip("0") for at in index]


def _steps(
    spans: Sequence[tuple[float, float]],
    figures: Sequence[float],
    colours: Sequence[str],
    unit: str,
    chosen: Scale,
) -> list[dict[str, Any]]:
    """An invisible foot and a visible piece, above zero and below it."""
    pieces: dict[str, list[Any]] = {"foot": [], "up": [], "low foot": [], "down": []}
    for (first, last), figure, colour in zip(spans, figures, colours, strict=True):
        low, high = min(first, last), max(first, last)
        above = max(0.0, high) - max(0.0, low)
        below = min(0.0, low) - min(0.0, high)
        text = _signed(figure, unit, colour)
        # Losses are named beneath: on a phone the names of neighbours would touch.
        side = "bottom" if above and first > last else "top"
        label = {"show": True, "position": side, "formatter": text, "fontSize": 10,
                 "textBorderWidth": 0}  # fmt: skip
        style = {"itemStyle": {"color": colour}}
        pieces["foot"].append(max(0.0, low) / chosen.divide)
        pieces["up"].append(
            {
                "value": above / chosen.divide,
                "label": label if above or not below else {"show": False},
                **style,
            }
        )
        pieces["low foot"].append(min(0.0, high) / chosen.divide)
        pieces["down"].append(
            {
                "value": below / chosen.divide,
                "label": label if below and not above else {"show": False},
                **style,
            }
        )
    return [
        {
            "type": "bar", "stack": "all", "data": data, "barMaxWidth": 48, "silent": True,
            "labelLayout": {"hideOverlap": True},
            "itemStyle": {"opacity": 0} if "foot" in name else {"borderRadius": _RADIUS},
        }
        for name, data in pieces.items()
    ]  # fmt: skip


def _signed(figure: float, unit: str, colour: str) -> str:
    return ("+" if colour == option.GREEN else "") + units.text(figure, unit)


def _signs(changes: Sequence[float]) -> list[str]:
    return [option.GREEN if change >= 0 else option.RED for change in changes]


def _labelled(value: float, unit: str, chosen: Scale, position: str) -> dict[str, Any]:
    if units.missing(value):
        return {"value": None}
    text = units.text(float(value), unit)
    return {
        "value": float(value) / chosen.divide,
        "label": {
            "show": True,
            "position": position,
            "formatter": text,
            "fontSize": 11,
            "textBorderWidth": 0,
        },
    }


def _upright(target: float, unit: str, chosen: Scale) -> dict[str, Any]:
    return {
        "silent": True, "symbol": "none", "animation": False,
        "data": [{"xAxis": target / chosen.divide}],
        "lineStyle": {"color": option.GREEN, "type": "dashed"},
        "label": {"formatter": f"Target {units.text(target, unit)}", "color": option.GREEN,
                  "position": "start", "distance": 4},
    }  # fmt: skip


def _ghost(ghost: pd.Series, rows: int, chosen: Scale) -> dict[str, Any]:
    figures = ghost.to_numpy(dtype="float64", na_value=np.nan)[:rows]
    return {
        "type": "line", "name": str(ghost.name or "Previous period"), "showSymbol": False,
        "data": _plain(figures.tolist(), chosen), "z": 3,
        "lineStyle": {"color": option.GREY, "width": 1.5, "type": "dashed"},
        "itemStyle": {"color": option.GREY},
        "tooltip": {"valueFormatter": chosen.tooltip},
    }  # fmt: skip


def _notes(marks: Sequence[Mark], index: pd.Index) -> dict[str, Any]:
    """Each note at the step that its day lies in."""
    try:
        steps = pd.DatetimeIndex(pd.to_datetime(index))
    except (ValueError, TypeError):
        steps = pd.DatetimeIndex([])
    data = []
    for mark in marks:
        day = pd.Timestamp(mark.at)
        at = int(steps.searchsorted(day, side="right")) - 1
        if at >= 0 and day < _after(steps):
            data.append(option.mark_line(mark, 0) | {"xAxis": at})
    return {"silent": True, "symbol": "none", "animation": False, "data": data}


def _after(steps: pd.DatetimeIndex) -> pd.Timestamp:
    """Where the last step ends: it is as long as the one before it; one alone never does."""
    if len(steps) < 2:
        return pd.Timestamp.max
    if (steps.day == 1).all():
        return steps[-1] + pd.offsets.MonthBegin()
    return steps[-1] + (steps[-1] - steps[-2])


def _plain(values: Sequence[float], chosen: Scale) -> list[float | None]:
    return [
        None if units.missing(value) else float(f"{value / chosen.divide:.7g}") for value in values
    ]


def _largest(values: Sequence[float]) -> float:
    return max((abs(value) for value in values if not units.missing(value)), default=0.0)
