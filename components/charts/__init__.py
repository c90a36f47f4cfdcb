"""Charts; which engine draws is decided here alone."""

from __future__ import annotations

from components.charts.api import (
    bars,
    cohort,
    heatmap,
    pareto,
    stacked_bars,
    time_series,
    waterfall,
)
from components.charts.option import Mark, Threshold

__all__ = [
    "Mark",
    "Threshold",
    "bars",
    "cohort",
    "heatmap",
    "pareto",
    "stacked_bars",
    "time_series",
    "waterfall",
]
