"""When an alert is kept from telling: silences, maintenance windows, muted rules, snoozes."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from alerts.labels import Matcher, all_match
from data import company

Repeats = Literal["once", "daily", "weekly", "monthly"]


@dataclass(frozen=True)
class Silence:
    """Alerts that match say nothing from start to end."""

    id: int
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str
    author: str


@dataclass(frozen=True)
class Window:
    """A maintenance window in the company's zone: once, or on days that come again."""

    id: int
    name: str
    matchers: tuple[Matcher, ...]
    first_day: date
    last_day: date | None
    starts: time
    minutes: int
    repeats: Repeats
    weekdays: tuple[int, ...]
    reason: str
    author: str


@dataclass(frozen=True)
class QuietBook:
    """All silences and windows that could hold at one moment."""

    silences: tuple[Silence, ...]
    windows: tuple[Window, ...]
    zone: ZoneInfo

    def why(self, seen: Mapping[str, str], now: datetime) -> str | None:
        """Why an alert with these labels is quiet at `now`; None when it may speak."""
        for silence in self.silences:
            if silence.starts_at <= now < silence.ends_at and all_match(silence.matchers, seen):
                return f"silenced by {silence.author}: {silence.reason}"
        for window in self.windows:
            if all_match(window.matchers, seen) and open_until(window, now, self.zone):
                return f"maintenance window {window.name}: {window.reason}"
        return None


def open_until(window: Window, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the window that is open at `now` closes; None when it is not open.

    It opens at `starts` of the company's clock and lasts `minutes` of real time, so the night when
    the clock changes moves neither its start nor its length.
    """
    length = timedelta(minutes=window.minutes)
    today = now.astimezone(zone).date()
    for back in range(window.minutes // 1440 + 2):
        day = today - timedelta(days=back)
        if _opens_on(window, day):
            start = datetime.combine(day, window.starts, zone)
            end = (start.astimezone(UTC) + length).astimezone(zone)
            if start <= now < end:
                return end
    return None


def _opens_on(window: Window, day: date) -> bool:
    if day < window.first_day or (window.last_day is not None and day > window.last_day):
        return False
    if window.repeats == "once":
        return day == window.first_day
    if window.repeats == "weekly":
        return day.weekday() in (window.weekdays or (window.first_day.weekday(),))
    if window.repeats == "monthly":
        last = calendar.monthrange(day.year, day.month)[1]
        return day.day == min(window.first_day.day, last)
    return True


_SILENCES = """
SELECT id, matchers, starts_at, ends_at, reason, author FROM alert_silences
WHERE ends_at > :now ORDER BY ends_at
"""
_WINDOWS = """
SELECT id, name, matchers, first_day, last_day, starts, minutes, repeats, weekdays, reason, author
FROM alert_windows WHERE repeats <> 'once' OR first_day > :oldest ORDER BY name, id
"""


def load(opened: Connection, now: datetime) -> QuietBook:
    """What holds at `now` or later."""
    silences = opened.execute(
        text(_SILENCES),
        {"now": now},
    ).mappings()
    windows = opened.execute(
        text(_WINDOWS),
        {"oldest": (now - timedelta(days=9)).date()},
    ).mappings()
    return QuietBook(
        tuple(Silence(**{**row, "matchers": matchers_of(row["matchers"])}) for row in silences),
        tuple(
            Window(
                **{
                    **row,
                    "matchers": matchers_of(row["matchers"]),
                    "weekdays": tuple(row["weekdays"]),
                }
            )
            for row in windows
        ),
        company.zone(),
    )


def matchers_of(stored: Iterable[Iterable[str]]) -> tuple[Matcher, ...]:
    """Matchers out of their JSON form [[name, op, value], …].

    They were checked when they were stored: one that a later version refuses stops no judging.
    """
    return tuple(Matcher(*entry) for entry in stored)  # type: ignore[arg-type]


def stored(matchers: Iterable[Matcher]) -> list[list[str]]:
    """The JSON form of matchers."""
    return [[one.name, one.op, one.value] for one in matchers]
