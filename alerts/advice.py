"""What is suspicious about a rule before it is saved: never fires, always fires, costs too much."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from alerts import backtest, durations, signals
from alerts.backtest import Change
from alerts.rules import Rule, problems
from alerts.series import Series, instant

_PREVIEW = timedelta(days=30)
_COARSE = timedelta(minutes=1)
_COSTLY_S = 1.0


def usable(rule: Rule) -> Iterator[tuple[str, str]]:
    """(TOML key, sentence) for each thing that keeps a rule of a file from being judged."""
    yield from problems(rule)
    try:
        signals.find(rule.signal)
        signals.bound_of(rule)
    except signals.UnknownSignal as error:
        yield "signal", str(error)
    except signals.SignalError as error:
        yield "threshold", str(error)


def refusals(rule: Rule, channels: Iterable[str], policies: Iterable[str]) -> Iterator[str]:
    """Sentences for why the rule is not saved: what it names must exist."""
    try:
        signals.find(rule.signal)
        signals.bound_of(rule)
    except (signals.UnknownSignal, signals.SignalError) as error:
        yield str(error)
        return
    known = set(channels)
    for name in rule.channels:
        if name not in known and not name.startswith("rota:"):
            yield f'No channel is called "{name}".'
    if rule.escalation and rule.escalation not in set(policies):
        yield f'No escalation policy is called "{rule.escalation}".'


def warnings(rule: Rule) -> Iterator[str]:
    """Sentences about a rule that works but can hardly do what it is for."""
    if rule.op != "absent":
        yield from _unreachable(rule)
    if rule.for_ and rule.for_ < rule.every:
        yield (
            f"It is judged every {durations.spell(rule.every)}, so it fires after "
            f"{durations.spell(rule.every)}, not after {durations.spell(rule.for_)}."
        )
    if rule.aggregate == "last" and rule.window is not None:
        yield "The window has no effect: last is the newest value, however short the window."
    if rule.aggregate == "last" and rule.staleness < rule.every:
        yield "A value is stale before the next judgement; the alert would come and go."


def _unreachable(rule: Rule) -> Iterator[str]:
    """A percentage lies between 0 and 100; a comparison beyond that is decided beforehand."""
    signal = signals.find(rule.signal)
    bound = signals.bound_of(rule)
    bounded = signal.unit == "%" and signal.area in ("system", "application", "production")
    if not bounded or bound is None or rule.change_over or rule.aggregate in ("sum", "rate"):
        return
    never = {
        ">": bound >= 100,
        ">=": bound > 100,
        "<": bound <= 0,
        "<=": bound < 0,
        "==": not 0 <= bound <= 100,
    }
    always = {
        ">": bound < 0,
        ">=": bound <= 0,
        "<": bound > 100,
        "<=": bound >= 100,
        "!=": not 0 <= bound <= 100,
    }
    if never.get(rule.op):
        yield f"It can never fire: {signal.title} is never {rule.op} {bound:g} %."
    if always.get(rule.op):
        yield f"It always fires: {signal.title} is always {rule.op} {bound:g} %."


class Preview:
    """The rule over the last 30 days: its series, its changes, and what it costs to judge once."""

    def __init__(self, rule: Rule, now: datetime) -> None:
        self.rule = replace(rule, threshold=signals.bound_of(rule))
        self.judged_every = max(rule.every, _COARSE)
        self.start, self.end = now - _PREVIEW, now
        began = time.perf_counter()
        signals.read(rule.signal, now - signals.reach(rule), now)
        self.cost_s = time.perf_counter() - began
        self.series = [one for one in self._read() if len(one.times)]
        self.changes: list[Change] = []
        if self.series:
            coarse = replace(self.rule, every=self.judged_every)
            first = min(instant(int(one.times[0])) for one in self.series)
            self.changes = backtest.run(coarse, self.series, max(first, self.start), self.end)

    def _read(self) -> list[Series]:
        if not signals.find(self.rule.signal).history:
            return []
        before = self.start - signals.reach(self.rule)
        found = signals.read(self.rule.signal, before, self.end)
        match = self.rule.match.items()
        return [one for one in found if match <= dict(one.labels).items()]

    @property
    def firings(self) -> list[Change]:
        """Each time it would have paged."""
        return [change for change in self.changes if change.after == "firing"]

    def firing_time(self) -> timedelta:
        """How long it would have been firing, label sets added up."""
        total, since = timedelta(0), {}
        for change in self.changes:
            if change.after == "firing":
                since[change.labels] = change.at
            elif change.before == "firing":
                total += change.at - since.pop(change.labels)
        return total + sum((self.end - at for at in since.values()), timedelta(0))

    def warnings(self) -> Iterator[str]:
        """What the last 30 days say about the rule."""
        if self.cost_s > _COSTLY_S:
            yield f"Judging it once takes {self.cost_s:.1f} s; judge it less often or shorten it."
        elapsed = (self.end - self.start) * max(1, len(self.series))
        if self.series and self.firing_time() > elapsed * 0.9:
            yield "It would have fired nearly all of the last 30 days."
