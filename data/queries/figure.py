"""What a KPI query answers: a value with what it was made of, or the reason there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


class BadQuery(ValueError):
    """A KPI was asked for something it has not; its text is one sentence."""


@dataclass(frozen=True)
class Figure:
    """A KPI's value over a period, in the unit of its catalogue entry.

    `value` is None exactly when `reason` says why, in one sentence with the step that fixes it.
    `numerator`/`denominator`: what a ratio was made of (before × 100). `excluded`: what was left
    out and counted, such as {"lines without a cost": 3}. `source`: where the rows came from;
    `as_of`: when that source was last read, UTC. `sample`: whether sample data is part of it.
    """

    slug: str
    value: float | None
    reason: str | None = None
    source: str | None = None
    as_of: datetime | None = None
    numerator: float | None = None
    denominator: float | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    sample: bool = False
