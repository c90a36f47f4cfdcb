"""Named ranges and the calendar behind them: what a range is, and what came before it."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta

Days = tuple[date, date]
_ONE = timedelta(1)

# Ranges that end at this moment, for live figures.
SPANS: dict[str, timedelta] = {
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "3h": timedelta(hours=3),
    "6h": timedelta(hours=6),
    "12h": timedelta(hours=12),
    "24h": timedelta(hours=24),
    "2d": timedelta(days=2),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "12m": timedelta(days=365),
}

TITLES: dict[str, str] = {
    "5m": "Last 5 minutes",
    "15m": "Last 15 minutes",
    "1h": "Last hour",
    "3h": "Last 3 hours",
    "6h": "Last 6 hours",
    "12h": "Last 12 hours",
    "24h": "Last 24 hours",
    "2d": "Last 2 days",
    "today": "Today",
    "yesterday": "Yesterday",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    "week": "This week",
    "last-week": "Last week",
    "month": "This month",
    "last-month": "Last month",
    "quarter": "This quarter",
    "last-quarter": "Last quarter",
    "year": "This year",
    "last-year": "Last year",
    "12m": "Last 12 months",
}


def month_start(day: date) -> date:
    """First day of the month."""
    return day.replace(day=1)


def month_end(day: date) -> date:
    """Last day of the month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def months_earlier(day: date, months: int) -> date:
    """The same day `months` earlier, the month's last when it is too short."""
    number = day.year * 12 + day.month - 1 - months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def same_day_last_year(day: date) -> date:
    """A year earlier; 29 February becomes 28."""
    return months_earlier(day, 12)


def week_start(day: date) -> date:
    """Monday of the week."""
    return day - timedelta(day.weekday())


def quarter_start(day: date) -> date:
    """First day of the calendar quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def year_start(day: date) -> date:
    """1 January."""
    return date(day.year, 1, 1)


_STARTS: dict[str, Callable[[date], date]] = {
    "week": week_start,
    "month": month_start,
    "quarter": quarter_start,
    "year": year_start,
}


def _unit_before(start: Callable[[date], date]) -> Callable[[date], Days]:
    """The whole calendar unit before the one of a day."""
    return lambda day: (start(start(day) - _ONE), start(day) - _ONE)


DAYS: dict[str, Callable[[date], Days]] = {
    "today": lambda day: (day, day),
    "yesterday": lambda day: (day - _ONE, day - _ONE),
    "7d": lambda day: (day - timedelta(6), day),
    "30d": lambda day: (day - timedelta(29), day),
    "90d": lambda day: (day - timedelta(89), day),
    "12m": lambda day: (same_day_last_year(day) + _ONE, day),
    **{name: lambda day, start=start: (start(day), day) for name, start in _STARTS.items()},  # type: ignore[misc]
    **{f"last-{name}": _unit_before(start) for name, start in _STARTS.items()},
}

BUSINESS = tuple(name for name in TITLES if name in DAYS)
LIVE = tuple(SPANS)


def before(preset: str, first: date, last: date) -> Days:
    """The days to compare `first`–`last` with, knowing what the range is called."""
    start = _STARTS.get(preset.removeprefix("last-"))
    if start is None:
        length = (last - first).days + 1
        return first - timedelta(length), first - _ONE
    ends = first - _ONE
    begins = start(ends)
    if preset.startswith("last-"):
        return begins, ends
    return begins, min(begins + (last - first), ends)


def year_before(first: date, last: date) -> Days:
    """The same dates a year earlier; whole months stay whole over a leap year."""
    begins, ends = same_day_last_year(first), same_day_last_year(last)
    if first == month_start(first) and last == month_end(last):
        ends = month_end(ends)
    return begins, ends
