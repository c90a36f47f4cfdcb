"""The judgement: what becomes of one alert at one evaluation, as Prometheus would have it.

The life is that of rules/alerting.go in Prometheus 3: `for` counts from the first evaluation at
which the condition holds, `keep_firing_for` from the first at which it no longer does.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from alerts.rules import Rule

StateName = Literal["inactive", "pending", "firing", "no_data"]
Reason = Literal[
    "condition does not hold",
    "condition began to hold",
    "condition has not held for long enough",
    "condition has held for long enough",
    "condition still holds",
    "condition cleared before it had held for long enough",
    "condition cleared but keep_firing_for has not passed",
    "condition cleared",
    "no data",
    "no data, kept as it was",
]
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a signal said at an evaluation; a missing value says why."""

    value: float | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """All that one alert carries from evaluation to evaluation."""

    name: StateName = "inactive"
    active_since: datetime | None = None
    fired_at: datetime | None = None
    clear_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state from now on, why, and the value it was judged by."""

    state: State
    reason: Reason
    value: float | None
    changed: bool


INACTIVE = State()
NO_DATA = State("no_data")


def decide(rule: Rule, reading: Reading, state: State, now: datetime) -> Verdict:
    """Judge one label set at evaluation time `now` (aware).

    rule.threshold must be a number (a KPI's bound is looked up before), or op `absent`.
    """
    if reading.value is None and rule.op != "absent":
        if rule.no_data == "keep":
            return Verdict(state, "no data, kept as it was", None, changed=False)
        held = rule.no_data == "fire"
    else:
        held = _holds(rule, reading.value)
    after, reason = _active(rule, state, now) if held else _clear(rule, reading, state, now)
    return Verdict(after, reason, reading.value, changed=after.name != state.name)


def _holds(rule: Rule, value: float | None) -> bool:
    if rule.op == "absent" or value is None:
        return value is None
    assert isinstance(rule.threshold, float | int)
    return _COMPARE[rule.op](value, rule.threshold)


def _active(rule: Rule, state: State, now: datetime) -> tuple[State, Reason]:
    if state.name == "firing":
        kept = state if state.clear_since is None else replace(state, clear_since=None)
        return kept, "condition still holds"
    began = state.active_since if state.name == "pending" else now
    assert began is not None
    if now - began >= rule.for_:
        return State("firing", began, now), "condition has held for long enough"
    if state.name == "pending":
        return state, "condition has not held for long enough"
    return State("pending", began), "condition began to hold"


def _clear(rule: Rule, reading: Reading, state: State, now: datetime) -> tuple[State, Reason]:
    absent = reading.value is None and rule.op != "absent"
    quiet = NO_DATA if absent else INACTIVE
    if state.name == "firing" and rule.keep_firing_for:
        since = state.clear_since or now
        if now - since < rule.keep_firing_for:
            kept = state if state.clear_since else replace(state, clear_since=since)
            return kept, "condition cleared but keep_firing_for has not passed"
    if absent:
        return quiet, "no data"
    if state.name == "firing":
        return quiet, "condition cleared"
    if state.name == "pending":
        return quiet, "condition cleared before it had held for long enough"
    return quiet, "condition does not hold"
