"""Balances as they stood day by day, and what a year of flow came to. Pure."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

_NOTHING = np.empty(0)


@dataclass(frozen=True)
class Feed:
    """Where rows came from and when that was last read (UTC)."""

    source: str | None = None
    as_of: datetime | None = None
    sample: bool = False

    def __add__(self, other: Feed) -> Feed:
        """Both together: as old as the older one."""
        names = [name for name in (self.source, other.source) if name]
        ages = [at for at in (self.as_of, other.as_of) if at]
        return Feed(
            ", ".join(dict.fromkeys(", ".join(names).split(", "))) or None,
            min(ages) if ages else None,
            self.sample or other.sample,
        )


@dataclass(frozen=True)
class Track:
    """A balance by day in company currency: `values[i]` closes `first` + i; NaN is unknown.

    missing: what to say when there is none at all. gap: what ends a gap, if not the same.
    """

    noun: str
    first: date | None = None
    values: NDArray[np.float64] = field(default_factory=lambda: _NOTHING)
    feed: Feed = Feed()
    missing: str = ""
    gap: str = ""

    @classmethod
    def of_changes(cls, noun: str, changes: Mapping[date, float], end: date) -> Track:
        """From what each day changed; the balance begins with the first change."""
        if not changes or min(changes) > end:
            return cls(noun, min(changes) if changes else None)
        first = min(changes)
        values = np.zeros((end - first).days + 1)
        for day, change in changes.items():
            if day <= end:
                values[(day - first).days] += change
        return cls(noun, first, np.cumsum(values))

    @classmethod
    def of_readings(cls, noun: str, readings: Mapping[date, float], end: date, hold: int) -> Track:
        """From balances read now and then, each holding for `hold` days at most."""
        days = sorted(day for day in readings if day <= end)
        if not days:
            return cls(noun, min(readings) if readings else None)
        first = days[0]
        values = np.full((end - first).days + 1, np.nan)
        for day, until in zip(days, [*days[1:], end + timedelta(1)], strict=True):
            begin = (day - first).days
            values[begin : min((until - first).days, begin + hold + 1)] = readings[day]
        return cls(noun, first, values)

    def at(self, day: date) -> float | None:
        """The balance at the end of `day`, None where it is not known."""
        if self.first is None or day < self.first or (day - self.first).days >= len(self.values):
            return None
        value = float(self.values[(day - self.first).days])
        return None if np.isnan(value) else value

    def year_mean(self, day: date) -> float | None:
        """Mean of the daily balances of the 12 months to `day`, None unless all are known."""
        begin = months_before(day, 12) + timedelta(1)
        if self.first is None or begin < self.first:
            return None
        start = (begin - self.first).days
        values = self.values[start : start + (day - begin).days + 1]
        if len(values) <= (day - begin).days or np.isnan(values).any():
            return None
        return float(values.mean())

    def reason(self, day: date) -> str:
        """Why there is no balance on `day`, with the step that fixes it."""
        if self.first is None:
            return self.missing
        if day < self.first:
            return f"The {self.noun} begin on {self.first}; choose a later day."
        return f"The {self.noun} were not known on {day}; {self.gap or self.missing}"


def months_before(day: date, count: int) -> date:
    """The same day `count` months earlier; month ends stay month ends."""
    index = day.year * 12 + day.month - 1 - count
    year, month = divmod(index, 12)
    length = calendar.monthrange(year, month + 1)[1]
    at_end = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(year, month + 1, length if at_end else min(day.day, length))


def month_end(month: date) -> date:
    """Last day of the month that `month` lies in."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def last_full_month(day: date) -> date:
    """First day of the newest month that is over at the end of `day`."""
    first = day.replace(day=1)
    return first if day == month_end(day) else months_before(first, 1)


@dataclass(frozen=True)
class YearSum:
    """What 12 months of revenue or COGS came to, or why that is not known."""

    value: float | None
    feed: Feed = Feed()
    reason: str = ""
    excluded: Mapping[str, int] = field(default_factory=dict)


def twelve_months(months: Mapping[date, float], day: date, late: int = 2) -> float | None:
    """Sum of the newest 12 consecutive months that end by `day`, or up to `late` months before.

    `months` holds first days of months. Books are closed some weeks after a month is over.
    """
    newest = last_full_month(day)
    for lag in range(late + 1):
        wanted = [months_before(newest, back + lag) for back in range(12)]
        if all(month in months for month in wanted):
            return float(sum(months[month] for month in wanted))
    return None
