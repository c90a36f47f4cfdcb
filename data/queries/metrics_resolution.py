"""Which table answers a range, in steps of what width, so that a trace stays drawable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from config.settings import Settings, settings

MAX_POINTS = 2000
# Minutes are read up to this many times the points wanted: 11 days stay sharp, at 10 MB read.
_SHARP = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Resolution:
    """source: the table family's level; step: its own distance; width: one point's."""

    source: Literal["samples", "minutes", "hours"]
    step: timedelta
    width: timedelta
    start: datetime
    end: datetime

    @property
    def tolerance(self) -> timedelta:
        """Points further apart than this have a gap between them; one late sample is none."""
        return self.width * (2.5 if self.source == "samples" else 1.5)


def choose(
    start: datetime,
    end: datetime,
    max_points: int = MAX_POINTS,
    now: datetime | None = None,
    chosen: Settings | None = None,
) -> Resolution:
    """The finest level that is still kept and costs little, in at most `max_points` steps.

    start, end: aware instants. Raises ValueError unless start < end and max_points ≥ 2.
    """
    if not start < end or max_points < 2:
        raise ValueError("a range must begin before it ends, and have 2 points or more")
    chosen = chosen or settings()
    age = (now or datetime.now(UTC)) - start
    interval = timedelta(seconds=chosen.sample_interval)
    raw_kept = age <= timedelta(days=chosen.metrics_raw_days)
    minutes_kept = age <= timedelta(days=chosen.metrics_minute_days)
    if raw_kept and (end - start) / interval <= max_points:
        return _binned("samples", interval, start, end, max_points)
    if minutes_kept and (end - start) / timedelta(minutes=1) <= max_points * _SHARP:
        return _binned("minutes", timedelta(minutes=1), start, end, max_points)
    return _binned("hours", timedelta(hours=1), start, end, max_points)


def _binned(
    source: Literal["samples", "minutes", "hours"],
    step: timedelta,
    start: datetime,
    end: datetime,
    max_points: int,
) -> Resolution:
    """Widths are whole steps; the first step begins at or before `start`."""
    width = step * max(1, math.ceil((end - start) / step / (max_points - 1)))
    return Resolution(source, step, width, start - (start - _EPOCH) % width, end)
