"""A slow, plain model of Prometheus' alerting, written from its documentation alone.

It works on integer seconds and dictionaries of active alerts, as the Prometheus manual tells it:
an instant selector takes the newest sample of the last `staleness` (its left edge excluded), a
range selector all samples of (t - window, t]; an alert exists while its expression returns its
label set, is pending until it has existed for `for`, then firing; with `keep_firing_for` it stays
firing until the expression has returned nothing for that long.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Spec:
    op: str
    threshold: float
    for_s: int
    keep_s: int
    staleness_s: int
    no_data: str
    aggregate: str = "last"
    window_s: int = 0


@dataclass
class Alert:
    active_at: int
    state: str = "pending"
    nothing_since: int | None = None


def select(samples: dict[int, float], spec: Spec, now: int) -> list[float]:
    width = spec.staleness_s if spec.aggregate == "last" else spec.window_s
    return [samples[at] for at in sorted(samples) if now - width < at <= now]


def query(samples: dict[int, float], spec: Spec, now: int) -> float | None:
    seen = select(samples, spec, now)
    if not seen:
        return None
    if spec.aggregate == "last":
        return seen[-1]
    if spec.aggregate == "avg":
        return sum(seen) / len(seen)
    if spec.aggregate == "sum":
        return sum(seen)
    if spec.aggregate == "min":
        return sorted(seen)[0]
    if spec.aggregate == "max":
        return sorted(seen)[-1]
    raise AssertionError(spec.aggregate)


def returns(value: float, spec: Spec) -> bool:
    """Whether `value <op> threshold` keeps the element in the vector."""
    if spec.op == ">":
        return value > spec.threshold
    if spec.op == ">=":
        return value >= spec.threshold
    if spec.op == "<":
        return value < spec.threshold
    if spec.op == "<=":
        return value <= spec.threshold
    return value == spec.threshold if spec.op == "==" else value != spec.threshold


class Model:
    """One label set's life; `name` is the state that people see."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.alert: Alert | None = None
        self.name = "inactive"

    def evaluate(self, value: float | None, now: int) -> str:
        if value is None and self.spec.no_data == "keep":
            return self.name
        in_vector = self.spec.no_data == "fire" if value is None else returns(value, self.spec)
        if in_vector:
            self._present(now)
        else:
            self._absent(now)
        if self.alert is not None:
            self.name = self.alert.state
        else:
            self.name = "no_data" if value is None else "inactive"
        return self.name

    def _present(self, now: int) -> None:
        if self.alert is None:
            self.alert = Alert(active_at=now)
        self.alert.nothing_since = None
        if now - self.alert.active_at >= self.spec.for_s:
            self.alert.state = "firing"

    def _absent(self, now: int) -> None:
        if self.alert is None:
            return
        if self.alert.state == "firing" and self.spec.keep_s > 0:
            if self.alert.nothing_since is None:
                self.alert.nothing_since = now
            if now - self.alert.nothing_since < self.spec.keep_s:
                return
        self.alert = None
