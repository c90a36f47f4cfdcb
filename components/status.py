"""How a figure stands against its bounds, as symbol and words beside the colour."""

from __future__ import annotations

from components import units
from config.catalogue.shape import Bounds, Direction, Status, stand

SYMBOLS: dict[Status, str] = {"good": "✓", "off_target": "○", "warning": "▲", "critical": "✕"}
WORDS: dict[Status, str] = {
    "good": "on target",
    "off_target": "off target",
    "warning": "past its warning bound",
    "critical": "past its critical bound",
}


def judge(
    value: float | None,
    better: Direction,
    target: float | None = None,
    warning: float | None = None,
    critical: float | None = None,
) -> Status:
    """As the KPI catalogue judges; NaN is no data."""
    known = None if units.missing(value) else value
    return stand(better, known, Bounds(target, warning, critical))
