"""What all our ECharts options share: grid, axes, tooltip, lines across the drawing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from components.scales import Scale

# Middle tones that read on both backgrounds: a chart is sent without knowing the theme.
GREY, AMBER, RED, GREEN, TEAL = "#8b9a98", "#d08a22", "#dc4a52", "#2f9e68", "#2a9198"
_TONES = {"target": GREEN, "warning": AMBER, "critical": RED}
_TIME = {
    "year": "{yyyy}",
    "month": "{MMM}",
    "day": "{d} {MMM}",
    "hour": "{HH}:{mm}",
    "minute": "{HH}:{mm}",
    "second": "{HH}:{mm}:{ss}",
    "millisecond": "{HH}:{mm}:{ss}",
    "none": "{HH}:{mm}:{ss}",
}


@dataclass(frozen=True)
class Threshold:
    """A horizontal line that a figure should not cross, in the unit of the chart."""

    value: float
    label: str
    tone: Literal["target", "warning", "critical"] = "warning"


@dataclass(frozen=True)
class Mark:
    """A dated note on a chart."""

    at: datetime | date
    text: str


def base(legend: bool) -> dict[str, Any]:
    """An option without axes and series; nothing in it moves."""
    return {
        "animation": False,
        "useUTC": True,
        "grid": {"left": 4, "right": 14, "top": 30 if legend else 10, "bottom": 4},
        "tooltip": {
            "trigger": "axis",
            "confine": True,
            "transitionDuration": 0,
            "padding": [6, 10],
            "axisPointer": {"type": "line", "lineStyle": {"color": GREY, "width": 1}},
        },
        "legend": {
            "show": legend, "type": "scroll", "top": 0, "left": 0, "icon": "roundRect",
            "itemWidth": 10, "itemHeight": 4, "itemGap": 12, "padding": 2,
        },
    }  # fmt: skip


def time_axis(first: float | None, last: float | None, days: float = 0) -> dict[str, Any]:
    """Time across, from wall-clock milliseconds to wall-clock milliseconds.

    days: how many the data cover; where single days are named, a month's first is named too.
    """
    daily = 2 < days <= 100
    axis: dict[str, Any] = {
        "type": "time",
        "splitLine": {"show": False},
        "axisTick": {"show": False},
        "axisLabel": {
            "formatter": _TIME | ({"month": _TIME["day"], "year": _TIME["day"]} if daily else {}),
            "hideOverlap": True,
        },
    }
    return axis | ({} if first is None else {"min": first, "max": last})


def category_axis(labels: Sequence[str], **more: Any) -> dict[str, Any]:
    """Names along an axis."""
    return {"type": "category", "data": list(labels), "axisTick": {"show": False}, **more}


def value_axis(scale: Scale, low: float | None, high: float | None) -> dict[str, Any]:
    """Figures along an axis, with their unit on every tick."""
    if low is not None and high is not None:
        step = nice_step((high - low) / scale.divide / 4)
        high = low + 4 * step * scale.divide
    axis: dict[str, Any] = {
        "type": "value",
        "splitNumber": 3,
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "axisLabel": {"formatter": scale.tick},
    }
    if low is not None:
        axis["min"] = low / scale.divide
    if high is not None:
        axis["max"] = high / scale.divide
    if low is None:
        axis["scale"] = True
    elif high is not None:
        axis["interval"] = step
    return axis


def nice_step(least: float) -> float:
    """The smallest step of at least `least` that people count in: 1, 2, 2.5, 5 × 10ⁿ."""
    if least <= 0 or not math.isfinite(least):
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    step = next(each for each in (1, 2, 2.5, 5, 10) if each * power >= least * (1 - 1e-9))
    return float(f"{step * power:.10g}")


def threshold_line(line: Threshold, scale: Scale) -> dict[str, Any]:
    """An entry of `markLine.data`."""
    colour = _TONES[line.tone]
    return {
        "yAxis": line.value / scale.divide,
        "name": line.label,
        "lineStyle": {"color": colour, "type": "dashed", "width": 1},
        "label": {"formatter": line.label, "position": "insideEndTop", "color": colour},
    }


def mark_line(mark: Mark, x: float) -> dict[str, Any]:
    """An entry of `markLine.data`."""
    text = mark.text if len(mark.text) <= 28 else mark.text[:27] + "…"
    return {
        "xAxis": x,
        "name": mark.text,
        "lineStyle": {"color": GREY, "type": "dotted", "width": 1},
        "label": {"formatter": text, "position": "insideEndTop", "rotate": 0, "color": GREY},
    }
