"""What a KPI's entry holds, and how a value stands against its bounds."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import Literal

Area = Literal["sales", "finance", "inventory", "production", "system", "users"]
Direction = Literal["higher", "lower", "neutral"]
Status = Literal["good", "off_target", "warning", "critical", "no_target", "no_data"]


@dataclass(frozen=True)
class Bounds:
    """Target, warning and critical bound, each in the KPI's unit; None where there is none."""

    target: float | None = None
    warning: float | None = None
    critical: float | None = None


@dataclass(frozen=True)
class Kpi:
    """One KPI. `unit`: "currency", "%" (values 0 to 100), or the word shown behind the number.

    `additive`: values of disjoint days or groups add up to the value of their union. `by`: the
    breakdowns it has. `grain`: the finest time it is known at. `bounds`: defaults, edited in the
    app.
    """

    slug: str
    title: str
    area: Area
    unit: str
    direction: Direction
    formula: str
    source: str
    grain: str = "day"
    additive: bool = False
    by: tuple[str, ...] = ("day", "week", "month")
    bounds: Bounds = Bounds()


def judge(kpi: Kpi, value: float | None, bounds: Bounds | None = None) -> Status:
    """How `value` stands against `bounds` (default: the catalogue's). A bound met exactly is good.

    "off_target" is past the target but within warning and critical.
    """
    return stand(kpi.direction, value, bounds or kpi.bounds)


def stand(direction: Direction, value: float | None, bounds: Bounds) -> Status:
    """The same for a figure that is no KPI of the catalogue. NaN is no data, as None is."""
    if value is None or isnan(value):
        return "no_data"
    if bounds == Bounds() or direction == "neutral":
        return "no_target"
    if _past(direction, value, bounds.critical):
        return "critical"
    if _past(direction, value, bounds.warning):
        return "warning"
    return "off_target" if _past(direction, value, bounds.target) else "good"


def _past(direction: Direction, value: float, bound: float | None) -> bool:
    if bound is None:
        return False
    return value < bound if direction == "higher" else value > bound
