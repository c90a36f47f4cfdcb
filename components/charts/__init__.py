"""Charts; which engine draws is decided here alone."""

from __future__ import annotations

from components.charts.api import (
    Mark,
    Threshold,
    bars,
    cohort,
    heatmap,
    pareto,
    stacked_bars,
    time_series,
    waterfall,
)

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
