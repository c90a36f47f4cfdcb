"""Judges every rule at its fixed times, and writes state and notifications in one transaction."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from alerts import labels as label_sets
from alerts import rulebook, signals, states
from alerts.judgement import Due, Judgement
from alerts.rulebook import Kept
from alerts.rules import Rule
from alerts.series import Series, begins, microseconds, readings
from data import database

Read = Callable[[str, datetime, datetime], list[Series]]
_log = structlog.get_logger()


@dataclass
class Cycle:
    """What one call of `evaluate` did."""

    rules: int = 0
    series: int = 0
    changes: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class Engine:
    """Judges rules; remembers between cycles what the database holds, and checks that it does."""

    def __init__(self, read: Read = signals.read) -> None:
        self._read = read
        self._cache: dict[int, dict[str, states.Held]] = {}
        self._written: dict[int, tuple[datetime, frozenset[int]]] = {}

    def evaluate(self, now: datetime, only: Callable[[Rule], bool] | None = None) -> Cycle:
        """Judge what is due at `now`; each interval's rules once however many workers call this.

        `only` picks rules: those are judged at `now` itself, outside the fixed times.
        """
        began = time.perf_counter()
        cycle = Cycle()
        by_interval: dict[timedelta, list[Kept]] = defaultdict(list)
        for kept in rulebook.kept():
            if only is None or only(kept.rule):
                by_interval[kept.rule.every].append(kept)
        written = _cycles()
        for every, group in by_interval.items():
            slot = now if only else fixed_time(now, every)
            seen = written.get(_milliseconds(every))
            if _is_due(slot, seen, every if only else timedelta(microseconds=1), every):
                self._judge_group(every, group, slot, seen, cycle)
        cycle.seconds = time.perf_counter() - began
        return cycle

    def _judge_group(
        self,
        every: timedelta,
        group: list[Kept],
        slot: datetime,
        seen: datetime | None,
        cycle: Cycle,
    ) -> None:
        began = time.perf_counter()
        due = self._readings(group, slot)
        with database.transaction() as opened:
            if not _claim(opened, every, slot, seen):
                return
            judged = Judgement(opened, slot, self._held(opened, group, seen, slot))
            for one in due:
                judged.rule(one)
            judged.write()
            spent = (time.perf_counter() - began) * 1000
            _finish(opened, every, len(due), judged.series, spent)
        self._cache.update(judged.after)
        self._written[_milliseconds(every)] = (slot, frozenset(kept.id for kept in group))
        cycle.rules += len(due)
        cycle.series += judged.series
        cycle.changes += judged.changes
        cycle.errors |= {one.rule.name: one.error for one in due if one.error}

    def _held(
        self, opened: Connection, group: list[Kept], seen: datetime | None, slot: datetime
    ) -> dict[int, dict[str, states.Held]]:
        """What the database holds: from memory when the last cycle was this engine's own."""
        every = _milliseconds(group[0].rule.every)
        ids = frozenset(kept.id for kept in group)
        mine, known = self._written.get(every, (None, frozenset()))
        if mine is not None and mine == seen and slot > mine and ids <= known:
            return {rule: self._cache.get(rule, {}) for rule in ids}
        return states.load(opened, ids, slot)

    def _readings(self, group: list[Kept], slot: datetime) -> list[Due]:
        """Each signal is read once, as far back as the most patient of its rules needs."""
        reach: dict[str, timedelta] = defaultdict(timedelta)
        for kept in group:
            if kept.rule.enabled:
                reach[kept.rule.signal] = max(reach[kept.rule.signal], _reach(kept.rule))
        at = np.array([microseconds(slot)], dtype=np.int64)
        read: dict[str, _Found | Exception] = {}
        for name, back in reach.items():
            found = _attempt(partial(self._read, name, slot - back, slot))
            read[name] = found if isinstance(found, Exception) else _Found(found, at)
        nothing = _Found([], at)
        return [_due(kept, read.get(kept.rule.signal, nothing)) for kept in group]


class _Found:
    """The series of one signal, each spelled once, and each kind of reading made once."""

    def __init__(self, found: list[Series], at: NDArray[np.int64]) -> None:
        labels = [dict(series.labels) for series in found]
        self.series = list(zip(map(label_sets.spell, labels), labels, found, strict=True))
        self._at = at
        self._made: dict[tuple[object, ...], float | None] = {}

    def judged(self, rule: Rule) -> tuple[tuple[str, Series, float | None], ...]:
        """Each label set that the rule judges, with what the rule reads there."""
        wanted = rule.match.items()
        found = (
            (key, series, self.value(rule, key, series))
            for key, labels, series in self.series
            if wanted <= labels.items()
        )
        at = int(self._at[0])
        return tuple(one for one in found if one[2] is not None or begins(rule, one[1], at))

    def value(self, rule: Rule, key: str, series: Series) -> float | None:
        """What the rule reads there."""
        kind = (rule.aggregate, rule.window, rule.staleness, rule.change_over, key)
        if kind not in self._made:
            self._made[kind] = readings(rule, series, self._at)[0]
        return self._made[kind]


def _reach(rule: Rule) -> timedelta:
    try:
        return max(signals.reach(rule), rule.every)
    except signals.UnknownSignal:  # reading it says so, and puts the rule in error
        return rule.reach


def _attempt(read: Callable[[], list[Series]]) -> list[Series] | Exception:
    try:
        return read()
    except database.DatabaseUnavailable:
        raise
    except Exception as error:  # one signal failing leaves the others judged
        return error


def _due(kept: Kept, found: _Found | Exception) -> Due:
    rule = kept.rule
    if isinstance(found, Exception):
        return Due(kept, rule, _sentence(found))
    try:
        rule = replace(rule, threshold=signals.bound_of(rule))
    except (signals.SignalError, signals.UnknownSignal) as error:
        return Due(kept, rule, str(error))
    return Due(kept, rule, None, found.judged(rule))


def _sentence(error: Exception) -> str:
    if isinstance(error, signals.SignalError | signals.UnknownSignal):
        return str(error)
    _log.error("a signal cannot be read", exc_info=error)
    return f"The signal cannot be read ({type(error).__name__}); the log says why."


def fixed_time(now: datetime, every: timedelta) -> datetime:
    """The newest multiple of `every` since 1970 that is not after `now`."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return now - (now - epoch) % every


def _is_due(slot: datetime, seen: datetime | None, apart: timedelta, every: timedelta) -> bool:
    """Whether `slot` was not judged yet, or the clock has been put back by more than `every`."""
    return seen is None or slot - seen >= apart or seen - slot > every


def _milliseconds(every: timedelta) -> int:
    return every // timedelta(milliseconds=1)


def _cycles() -> dict[int, datetime]:
    rows = database.read("SELECT every_ms, evaluated_at FROM alert_cycles")
    return {row["every_ms"]: row["evaluated_at"] for row in rows}


def _claim(opened: Connection, every: timedelta, slot: datetime, seen: datetime | None) -> bool:
    """Take this interval's evaluation; False when another worker was first."""
    given = {"every": _milliseconds(every), "slot": slot, "seen": seen}
    opened.execute(
        text("INSERT INTO alert_cycles (every_ms) VALUES (:every) ON CONFLICT DO NOTHING"), given
    )
    taken = opened.execute(
        text(
            "UPDATE alert_cycles SET evaluated_at = :slot WHERE every_ms = :every "
            "AND evaluated_at IS NOT DISTINCT FROM CAST(:seen AS timestamptz)"
        ),
        given,
    )
    return bool(taken.rowcount)


def _finish(opened: Connection, every: timedelta, rules: int, series: int, spent: float) -> None:
    opened.execute(
        text(
            "UPDATE alert_cycles SET rules = :rules, series = :series, duration_ms = :spent "
            "WHERE every_ms = :every"
        ),
        {"rules": rules, "series": series, "spent": spent, "every": _milliseconds(every)},
    )


_ENGINE = Engine()


def evaluate(now: datetime | None = None) -> Cycle:
    """Judge what is due; called every few seconds by the worker that leads."""
    return _ENGINE.evaluate(now or datetime.now(UTC))
