"""Readings out of samples: what a rule sees of one series at given evaluation times.

An instant reading (`last`) is the newest sample younger than `staleness`. The others read a range
(t − window, t], left-open and right-closed as in Prometheus 3, and compute what avg_over_time,
min_over_time, max_over_time, sum_over_time, rate and quantile_over_time(0.95) compute.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from alerts.rules import Rule

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EDGE = 1.1  # rate reaches for the range's edge up to 110 % of the mean sample distance
Times = NDArray[np.int64]
Values = NDArray[np.float64]


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 of an aware instant, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


def instant(stamp: int) -> datetime:
    """The instant `microseconds` came from, in UTC."""
    return _EPOCH + timedelta(microseconds=stamp)


@dataclass(frozen=True, eq=False)
class Series:
    """One label set's samples: times ascending and unique, in microseconds.

    spacing: how far apart the samples that are kept lie, where that is farther than rules look.
    """

    labels: tuple[tuple[str, str], ...]
    times: Times
    values: Values
    spacing: int = 0

    @classmethod
    def of(
        cls,
        labels: dict[str, str],
        samples: Iterable[tuple[datetime, float]],
        spacing: timedelta = timedelta(0),
    ) -> Series:
        """From (aware instant, value) pairs in order of time."""
        pairs = [(microseconds(at), value) for at, value in samples]
        return cls(
            tuple(sorted(labels.items())),
            np.array([at for at, _ in pairs], dtype=np.int64),
            np.array([value for _, value in pairs], dtype=np.float64),
            spacing // _MICROSECOND,
        )


def readings(
    rule: Rule, series: Series, at: Times, *, replayed: bool = False
) -> list[float | None]:
    """The rule's reading at each evaluation time (ascending microseconds); None is no data.

    A sample of the past stands until the next one that is kept is due; so does every sample when
    the past is `replayed`, where no reading was made at the moment itself.
    """
    now = _plain(rule, series, at, series.spacing if replayed else 0)
    if rule.change_over is None:
        return now
    before = _plain(rule, series, at - rule.change_over // _MICROSECOND, series.spacing)
    return [_change(new, old) for new, old in zip(now, before, strict=True)]


def begins(rule: Rule, series: Series, at: int) -> bool:
    """Whether a label set that the rule has not judged yet is judged from this evaluation on.

    It is when the rule sees a sample of it, even one that is no reading yet, as the first of a
    rate, or when one came since the evaluation before.
    """
    width = rule.staleness if rule.aggregate == "last" else rule.window or timedelta(0)
    oldest = at - max(width, rule.every) // _MICROSECOND
    seen = np.searchsorted(series.times, [oldest, at], side="right")
    return bool(seen[1] > seen[0])


def _plain(rule: Rule, series: Series, at: Times, patience: int) -> list[float | None]:
    if rule.aggregate == "last":
        width = rule.staleness // _MICROSECOND + patience
    else:
        width = (rule.window or timedelta(0)) // _MICROSECOND
    ends = np.searchsorted(series.times, at, side="right")
    starts = np.searchsorted(series.times, at - width, side="right")
    if rule.aggregate == "last":
        return [
            float(series.values[end - 1]) if end > start else None
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        ]
    if rule.aggregate == "rate":
        return [
            _rate(series.times[start:end], series.values[start:end], now, width)
            for start, end, now in zip(starts.tolist(), ends.tolist(), at.tolist(), strict=True)
        ]
    reduce = _REDUCE[rule.aggregate]
    return _ranged(series.values, starts.tolist(), ends.tolist(), reduce)


def _ranged(
    values: Values, starts: list[int], ends: list[int], reduce: Callable[[Values], float]
) -> list[float | None]:
    """One value a range; a range equal to the one before is not computed again."""
    made: list[float | None] = []
    before = (-1, -1)
    for start, end in zip(starts, ends, strict=True):
        if (start, end) == before:
            made.append(made[-1])
        else:
            made.append(reduce(values[start:end]) if end > start else None)
        before = (start, end)
    return made


def _sum(values: Values) -> float:
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):  # infinities of both signs, or too large
        return float(sum(values.tolist()))


def _mean(values: Values) -> float:
    total = _sum(values)
    if math.isinf(total) and np.isfinite(values).all():  # the sum is too large, the mean is not
        return math.fsum(values / len(values))
    return total / len(values)


def _least(values: Values) -> float:
    return float(np.nan if np.isnan(values).all() else np.nanmin(values))


def _greatest(values: Values) -> float:
    return float(np.nan if np.isnan(values).all() else np.nanmax(values))


def _p95(values: Values) -> float:
    """quantile_over_time(0.95): linear between the two ranks around 0.95 × (n − 1).

    NaN sorts before every number there, after every number in NumPy.
    """
    ordered = np.roll(np.sort(values), int(np.isnan(values).sum())).tolist()
    rank = 0.95 * (len(ordered) - 1)
    lower = math.floor(rank)
    upper = min(lower + 1, len(ordered) - 1)
    weight = rank - lower
    return float(ordered[lower] * (1 - weight) + ordered[upper] * weight)


_REDUCE: dict[str, Callable[[Values], float]] = {
    "avg": _mean,
    "min": _least,
    "max": _greatest,
    "sum": _sum,
    "p95": _p95,
}


def _rate(times: Times, values: Values, now: int, width: int) -> float | None:
    """Prometheus' rate(): per second, resets added back, extrapolated towards the range's edges."""
    if len(times) < 2:
        return None
    first, last = int(times[0]), int(times[-1])
    resets = values[:-1][values[1:] < values[:-1]]
    begin, end = float(values[0]), float(values[-1])
    rise = sum(resets.tolist(), start=end - begin)
    sampled = (last - first) / 1e6
    mean_gap = sampled / (len(times) - 1)
    to_start = (first - (now - width)) / 1e6
    to_end = (now - last) / 1e6
    if to_start >= mean_gap * _EDGE:
        to_start = mean_gap / 2
    if rise > 0 and begin >= 0:
        to_start = min(to_start, sampled * (begin / rise))
    if to_end >= mean_gap * _EDGE:
        to_end = mean_gap / 2
    return rise * ((sampled + to_start + to_end) / sampled / (width / 1e6))


def _change(new: float | None, old: float | None) -> float | None:
    """Change in % of the earlier reading's size; against nothing, or zero, there is none."""
    if new is None or old is None or old == 0:
        return None
    return (new - old) / abs(old) * 100
