"""How a figure stands against its target and bounds, as colour, symbol and words. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from components import units

Better = Literal["higher", "lower", "none"]


class Status(StrEnum):
    """`OFF` misses its target but no bound; `NONE` has nothing to be held against."""

    GOOD = "good"
    OFF = "off"
    WARNING = "warning"
    CRITICAL = "critical"
    NONE = "none"


SYMBOLS = {
    Status.GOOD: "✓",
    Status.OFF: "○",
    Status.WARNING: "▲",
    Status.CRITICAL: "✕",
    Status.NONE: "",
}
WORDS = {
    Status.GOOD: "on target",
    Status.OFF: "off target",
    Status.WARNING: "warning",
    Status.CRITICAL: "critical",
    Status.NONE: "",
}


def judge(
    value: float | None,
    better: Better,
    target: float | None = None,
    warning: float | None = None,
    critical: float | None = None,
) -> Status:
    """A bound is passed when reached; a missing figure is never good."""
    if units.missing(value) or better == "none":
        return Status.NONE
    assert value is not None
    sign = 1 if better == "lower" else -1
    if critical is not None and sign * (value - critical) >= 0:
        return Status.CRITICAL
    if warning is not None and sign * (value - warning) >= 0:
        return Status.WARNING
    if target is not None:
        return Status.GOOD if sign * (value - target) <= 0 else Status.OFF
    return Status.GOOD if warning is not None or critical is not None else Status.NONE
