"""Axes whose zero reads as zero: £0, where the other ticks wear a k or M."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from components import units
from components.charts import option
from components.scales import Scale


def plain_zero(
    axis: dict[str, Any], scale: Scale, extent: tuple[float, float], side: str = "left"
) -> Any:
    """The axis; where its ticks wear a k or M, with a second one behind that only says zero.

    ECharts has one template for all labels of an axis. extent: lowest and highest figure drawn,
    zero included where bars stand on it.
    """
    low, high = (each / scale.divide for each in extent)
    if not scale.letter or low > 0 or high < 0:
        return axis
    says = axis["axisLabel"]
    zero = {"type": "value", "position": side, "splitLine": {"show": False},
            "axisLine": {"show": False}, "axisTick": {"show": False}}  # fmt: skip
    if low == 0:
        shown: dict[str, Any] = {"showMinLabel": False}
        limits: dict[str, Any] = {"min": 0, "max": 1, "interval": 1}
        named: dict[str, Any] = {"showMaxLabel": False}
    else:
        step = option.nice_step((high - low) / 4)
        first, last = math.floor(low / step), math.ceil(high / step)
        ticks = [float(f"{at * step:.10g}") for at in range(first, last + 1)]
        limits = {"min": ticks[0], "max": ticks[-1], "interval": step}
        axis = axis | limits
        shown = {"customValues": [at for at in ticks if at]}
        named = {"customValues": [0]}
    return [
        axis | {"axisLabel": says | shown},
        zero | limits | {"axisLabel": {"formatter": scale.zero, **named}},
    ]


def bars(chosen: Scale, reached: tuple[float, float], side: str = "left") -> Any:
    """The axis that bars stand on, from zero."""
    axis = option.value_axis(chosen, None, None) | {"scale": False}
    return plain_zero(axis, chosen, reached, side)


def extent(values: Sequence[float]) -> tuple[float, float]:
    """The lowest and the highest figure, zero among them."""
    known = [0.0, *(float(value) for value in values if not units.missing(value))]
    return min(known), max(known)


def heights(lines: Any, ghost: pd.Series | None, side_by_side: bool) -> tuple[float, float]:
    """How far bars reach down and up, and what is drawn behind them."""
    known = np.nan_to_num(lines)
    parts = [np.minimum(known, 0), np.maximum(known, 0)]
    reached = parts if side_by_side else [part.sum(axis=0) for part in parts]
    behind = [] if ghost is None else ghost.tolist()
    return extent([*(float(at) for part in reached for at in part.ravel()), *behind])
