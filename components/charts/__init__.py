"""Charts: a frame becomes a plot, a plot is shown; which engine draws is decided here alone."""

from __future__ import annotations

from components.charts.draw import show
from components.charts.option import Mark, Threshold
from components.charts.plots import (
    Plot,
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
    "Plot",
    "Threshold",
    "bars",
    "cohort",
    "heatmap",
    "pareto",
    "show",
    "stacked_bars",
    "time_series",
    "waterfall",
]
