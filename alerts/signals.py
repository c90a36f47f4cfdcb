"""Every series that a rule can watch, by name, and how to read one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import import_module
from typing import Any

from alerts.rules import Rule
from alerts.series import Series

_SOURCES = (
    "alerts.sources.metrics",
    "alerts.sources.health",
    "alerts.sources.kpis",
    "alerts.sources.breakdowns",
)


class UnknownSignal(LookupError):
    """No signal has that name; its text is one sentence."""


class SignalError(Exception):
    """A signal that cannot be read; its text is one sentence."""


@dataclass(frozen=True)
class Signal:
    """A named series. labels: the names of the labels its label sets have.

    history: whether past samples are kept, so that a rule on it can be tried on the past.
    spacing: how far apart those lie, where that is farther than rules look.
    bound: (target | warning | critical) -> the KPI's own bound, None where there is none.
    """

    name: str
    title: str
    unit: str
    area: str
    labels: tuple[str, ...] = ()
    history: bool = True
    spacing: timedelta = timedelta(0)
    bound: Callable[[str], float | None] | None = None


def catalogue() -> dict[str, Signal]:
    """All signals by name, in the order of their areas."""
    return {name: signal for name, (signal, _) in _known().items()}


@lru_cache(maxsize=1)
def _known() -> dict[str, tuple[Signal, Any]]:
    """Each signal with the module that reads it; both are as they were written."""
    sources = [import_module(name) for name in _SOURCES]
    return {signal.name: (signal, source) for source in sources for signal in source.signals()}


def find(name: str) -> Signal:
    """The signal of that name. Raises UnknownSignal."""
    return _find(name)[0]


def _find(name: str) -> tuple[Signal, Any]:
    found = _known().get(name)
    if found is None:
        raise UnknownSignal(
            f'No signal is called "{name}"; `python manage.py alerts signals` lists them.'
        )
    return found


def read(name: str, start: datetime, end: datetime) -> list[Series]:
    """All label sets with their samples of (start, end]. Raises UnknownSignal, SignalError."""
    found: list[Series] = _find(name)[1].read(name, start, end)
    return found


def reach(rule: Rule) -> timedelta:
    """How far before an evaluation of the rule its signal must be read. Raises UnknownSignal."""
    if rule.change_over is None or rule.aggregate != "last":
        return rule.reach
    return rule.reach + find(rule.signal).spacing


def bound_of(rule: Rule) -> float | None:
    """The number the rule's threshold stands for. Raises SignalError where there is none."""
    if not isinstance(rule.threshold, str):
        return rule.threshold
    signal = find(rule.signal)
    number = signal.bound(rule.threshold) if signal.bound else None
    if number is None:
        raise SignalError(f"{signal.title} has no {rule.threshold} bound; set one or use a number.")
    return number
