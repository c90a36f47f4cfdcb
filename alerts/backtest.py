"""Would this rule have fired, and when: a rule judged over a series that is already known."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TextIO

import numpy as np

from alerts.decide import INACTIVE, Reading, StateName, decide
from alerts.rules import Rule
from alerts.series import Series, Times, instant, microseconds, readings

_MICROSECOND = timedelta(microseconds=1)
_MOST_EVALUATIONS = 20_000_000
_YEARS = range(1900, 3000)


class SeriesError(Exception):
    """A series file that cannot be used; its text is one sentence with the line."""


@dataclass(frozen=True, slots=True)
class Change:
    """One label set's change of state; value None where no data is the cause."""

    at: datetime
    labels: tuple[tuple[str, str], ...]
    before: StateName
    after: StateName
    value: float | None


def run(
    rule: Rule,
    series: Iterable[Series],
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[Change]:
    """Every change of state, by time then labels.

    Evaluates at start, start + every, … up to and including end; the defaults are the first and
    the last sample's time. A label set is judged from its own first sample on.
    """
    known = [one for one in series if len(one.times)]
    if not known:
        return []
    first = min(int(one.times[0]) for one in known) if start is None else microseconds(start)
    last = max(int(one.times[-1]) for one in known) if end is None else microseconds(end)
    step = rule.every // _MICROSECOND
    if (last - first) // step * len(known) > _MOST_EVALUATIONS:
        raise SeriesError(
            f"The series asks for more than {_MOST_EVALUATIONS:,} evaluations; "
            "make every longer or the series shorter."
        )
    grid: Times = np.arange(first, last + 1, step, dtype=np.int64)
    changes = [change for one in known for change in _one(rule, one, grid)]
    return sorted(changes, key=lambda change: (change.at, change.labels))


def _one(rule: Rule, series: Series, grid: Times) -> Iterator[Change]:
    grid = grid[np.searchsorted(grid, series.times[0]) :]
    state = INACTIVE
    for at, value in zip(grid.tolist(), readings(rule, series, grid, replayed=True), strict=True):
        now = instant(at)
        verdict = decide(rule, Reading(value), state, now)
        if verdict.changed:
            yield Change(now, series.labels, state.name, verdict.state.name, value)
        state = verdict.state


@dataclass(frozen=True, slots=True)
class SeriesFile:
    """The label sets of a file, and the time of its last row, which may be an empty value's."""

    series: list[Series]
    last: datetime


def read_series(source: TextIO, name: str) -> SeriesFile:
    """Read a CSV `ts,value[,label…]`; rows in any order, an empty value is a gap.

    A row may stand twice. Raises SeriesError for one that cannot be read, or that gives a label
    set a second value at one time.
    """
    rows = csv.reader(source, strict=True)
    try:
        header = [cell.strip() for cell in next(rows, [])]
        _check_header(header, name)
        return _gather(((rows.line_num, row) for row in rows), header[2:], name)
    except csv.Error as error:
        raise SeriesError(f"{name}, line {rows.line_num}: this is not CSV: {error}.") from None
    except UnicodeDecodeError:
        raise SeriesError(f"{name} is not UTF-8 text; save it as UTF-8.") from None


def _check_header(header: list[str], name: str) -> None:
    if header[:1] and header[0].startswith("\ufeff"):
        header[0] = header[0].removeprefix("\ufeff")
    if header[:2] != ["ts", "value"]:
        raise SeriesError(f"{name}, line 1: the columns must be ts,value and then labels.")
    if len(set(header)) != len(header) or not all(header):
        raise SeriesError(f"{name}, line 1: every column needs a name of its own.")


def _gather(rows: Iterable[tuple[int, list[str]]], labels: list[str], name: str) -> SeriesFile:
    found: dict[tuple[tuple[str, str], ...], dict[int, float]] = {}
    last: int | None = None
    for line, row in rows:
        if any(cell.strip() for cell in row):
            at = _add(found, labels, row, f"{name}, line {line}")
            last = at if last is None else max(last, at)
    made = [_series(key, samples) for key, samples in found.items() if samples]
    if last is None or not made:
        raise SeriesError(f"{name} holds no samples.")
    return SeriesFile(made, instant(last))


def _add(
    found: dict[tuple[tuple[str, str], ...], dict[int, float]],
    labels: list[str],
    row: list[str],
    where: str,
) -> int:
    """Take a row in; returns its time."""
    if len(row) != len(labels) + 2:
        raise SeriesError(f"{where}: {len(row)} cells where the header has {len(labels) + 2}.")
    at, value = _instant(row[0], where), _value(row[1], where)
    if value is None:
        return at
    key = tuple(sorted((label, cell) for label, cell in zip(labels, row[2:], strict=True) if cell))
    samples = found.setdefault(key, {})
    if not _same(samples.setdefault(at, value), value):
        raise SeriesError(
            f"{where}: a second value for {row[0]}; keep one row for each time and label set."
        )
    return at


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _series(key: tuple[tuple[str, str], ...], samples: dict[int, float]) -> Series:
    times = sorted(samples)
    return Series(
        key,
        np.array(times, dtype=np.int64),
        np.array([samples[at] for at in times], dtype=np.float64),
    )


def _instant(text: str, where: str) -> int:
    try:
        return microseconds(read_instant(text))
    except ValueError as error:
        raise SeriesError(f"{where}: {error}") from None


def read_instant(text: str) -> datetime:
    """An ISO instant, in UTC where it says nothing else. Raises ValueError with one sentence."""
    try:
        at = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        raise ValueError(f'"{text}" is not an instant; write it as 2026-01-31T08:00:00Z.') from None
    if at.year not in _YEARS:
        raise ValueError(f'"{text}" lies outside the years {_YEARS[0]} to {_YEARS[-1]}.')
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _value(text: str, where: str) -> float | None:
    if not text.strip():
        return None
    try:
        return float(text.replace("_", "?"))
    except ValueError:
        raise SeriesError(f'{where}: "{text}" is not a number.') from None


def write_changes(changes: Iterable[Change], target: TextIO) -> None:
    """CSV `ts,labels,from_state,to_state,value`; labels as name=value, joined by commas."""
    rows = csv.writer(target, lineterminator="\n")
    rows.writerow(["ts", "labels", "from_state", "to_state", "value"])
    for change in changes:
        rows.writerow(
            [
                spell_instant(change.at),
                spell_labels(change.labels),
                change.before,
                change.after,
                "" if change.value is None else spell_number(change.value),
            ]
        )


def spell_instant(at: datetime) -> str:
    """ISO 8601 in UTC with Z; fractions of a second only where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def spell_labels(labels: Iterable[tuple[str, str]]) -> str:
    """`line=1,shift=night`, sorted by name."""
    return ",".join(f"{name}={text}" for name, text in sorted(labels))


def spell_number(value: float) -> str:
    """The shortest text that reads back as the same number."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
