"""What an alert rule is, and what makes one impossible."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, get_args

Aggregate = Literal["last", "avg", "min", "max", "sum", "rate", "p95"]
Operator = Literal[">", ">=", "<", "<=", "==", "!=", "absent"]
NoData = Literal["resolve", "keep", "fire"]
Severity = Literal["critical", "warning", "info"]
Bound = Literal["target", "warning", "critical"]

AGGREGATES: tuple[str, ...] = get_args(Aggregate)
OPERATORS: tuple[str, ...] = get_args(Operator)
NO_DATA: tuple[str, ...] = get_args(NoData)
SEVERITIES: tuple[str, ...] = get_args(Severity)
BOUNDS: tuple[str, ...] = get_args(Bound)
_ZERO = timedelta(0)
_LONGEST_NAME = 120
_LONGEST_TEXT = 4000


@dataclass(frozen=True)
class Rule:
    """One rule. Durations as timedelta; `for_` is the TOML's `for`.

    threshold: a number, or the name of the KPI's own bound.
    match: labels that a series must have to be judged; labels: added to each alert.
    change_over: judge the change in % against the same reading that long before.
    """

    name: str
    signal: str
    threshold: float | Bound | None = None
    aggregate: Aggregate = "last"
    window: timedelta | None = None
    op: Operator = ">"
    for_: timedelta = timedelta(minutes=5)
    keep_firing_for: timedelta = _ZERO
    every: timedelta = timedelta(seconds=15)
    staleness: timedelta = timedelta(minutes=5)
    no_data: NoData = "resolve"
    severity: Severity = "warning"
    change_over: timedelta | None = None
    match: Mapping[str, str] = field(default_factory=dict, hash=False)
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    channels: tuple[str, ...] = ()
    repeat: timedelta = timedelta(hours=4)
    escalation: str | None = None
    runbook: str | None = None
    description: str = ""
    enabled: bool = True

    @property
    def reach(self) -> timedelta:
        """How far before an evaluation a sample can still count."""
        own = self.staleness if self.aggregate == "last" else self.window or _ZERO
        return own + (self.change_over or _ZERO)

    @property
    def condition(self) -> str:
        """The condition in words of the trade: `avg over 5m > 85`."""
        from alerts.durations import spell

        subject: str = self.aggregate
        if self.aggregate != "last" and self.window:
            subject += f" over {spell(self.window)}"
        if self.change_over:
            subject += f", change in % over {spell(self.change_over)}"
        if self.op == "absent":
            return "no data"
        bound = f"{self.threshold:g}" if isinstance(self.threshold, float) else self.threshold
        return f"{subject} {self.op} {bound}"


def problems(rule: Rule) -> Iterator[tuple[str, str]]:
    """(TOML key, sentence) for each thing that makes the rule unusable."""
    yield from _naming(rule)
    yield from _wording(rule)
    yield from _durations(rule)
    yield from _threshold(rule)


def _naming(rule: Rule) -> Iterator[tuple[str, str]]:
    if not rule.name.strip():
        yield "name", "A rule needs a name."
    elif len(rule.name) > _LONGEST_NAME or not rule.name.isprintable():
        yield "name", f"A rule's name is one line of at most {_LONGEST_NAME} characters."
    if not rule.signal.strip():
        yield "signal", "A rule needs a signal to watch."


def _wording(rule: Rule) -> Iterator[tuple[str, str]]:
    """PostgreSQL stores no U+0000; a text without end would be in every message."""
    texts: dict[str, tuple[str | None, ...]] = {
        key: (getattr(rule, key),) for key in ("signal", "escalation", "runbook", "description")
    }
    texts |= {"match": tuple(rule.match.values()), "labels": tuple(rule.labels.values())}
    texts["channels"] = rule.channels
    for key, words in texts.items():
        if any("\0" in (word or "") for word in words):
            yield key, f"{key} holds the character U+0000, which cannot be stored."
        if any(len(word or "") > _LONGEST_TEXT for word in words):
            yield key, f"{key} can have at most {_LONGEST_TEXT:,} characters."


def _durations(rule: Rule) -> Iterator[tuple[str, str]]:
    for key in ("every", "staleness", "window", "change_over", "repeat"):
        span = getattr(rule, key)
        if span is not None and span <= _ZERO:
            yield key, f"{key} must be longer than 0s."
    if rule.aggregate != "last" and rule.window is None:
        yield "aggregate", f'{rule.aggregate} needs a window, for example window = "5m".'
    longest = timedelta(days=400)
    for key in ("for_", "keep_firing_for", "every", "staleness", "window", "change_over", "repeat"):
        if (getattr(rule, key) or _ZERO) > longest:
            yield key.rstrip("_"), f"{key.rstrip('_')} can be at most 400d."


def _threshold(rule: Rule) -> Iterator[tuple[str, str]]:
    if rule.op == "absent":
        if rule.threshold is not None:
            yield "threshold", "A rule for absent data takes no threshold."
        return
    if rule.threshold is None:
        yield "op", f"{rule.op} needs a threshold, for example threshold = 85."
    elif isinstance(rule.threshold, float) and not math.isfinite(rule.threshold):
        yield "threshold", f"A threshold must be a number, not {rule.threshold}."
