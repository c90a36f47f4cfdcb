"""A rule that can hardly do what it is for is warned of; one that names nothing is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts import advice, signals
from alerts.rules import Rule
from alerts.series import Series
from tests.alerts.world import START

CPU = Rule("cpu", "system.cpu_pct", 85.0)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("op", "bound", "words"),
    [
        (">", 100.0, "can never fire: CPU is never > 100 %"),
        (">=", 101.0, "can never fire"),
        ("<", 0.0, "can never fire"),
        (">", -1.0, "always fires: CPU is always > -1 %"),
        ("<=", 100.0, "always fires"),
        (">", 99.0, None),
    ],
)
def test_a_percentage_beyond_its_range_never_or_always_fires(
    op: str, bound: float, words: str | None
) -> None:
    found = list(advice.warnings(replace(CPU, op=op, threshold=bound)))  # type: ignore[arg-type]
    assert (words is None and not found) or (words is not None and words in found[0])


def test_odd_durations_are_warned_of() -> None:
    odd = replace(CPU, for_=timedelta(seconds=10), every=MINUTE, staleness=timedelta(seconds=30))
    assert list(advice.warnings(replace(odd, window=MINUTE))) == [
        "It is judged every 1m, so it fires after 1m, not after 10s.",
        "The window has no effect: last is the newest value, however short the window.",
        "A value is stale before the next judgement; the alert would come and go.",
    ]


def test_names_that_do_not_exist_are_refused() -> None:
    rule = replace(CPU, channels=("mail", "rota:week", "gone"), escalation="night")
    assert list(advice.refusals(rule, ["mail"], [])) == [
        'No channel is called "gone".',
        'No escalation policy is called "night".',
    ]
    (unknown,) = advice.refusals(replace(CPU, signal="cpu"), [], [])
    assert unknown.startswith('No signal is called "cpu"')


def test_the_preview_counts_how_often_a_rule_would_have_paged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin = START - timedelta(days=2)
    samples = [(begin + n * MINUTE, 90.0 if n % 600 < 30 else 10.0) for n in range(2880)]
    monkeypatch.setattr(signals, "read", lambda *_: [Series.of({"instance": "a"}, samples)])
    preview = advice.Preview(CPU, START)
    assert len(preview.firings) == 5
    assert preview.firing_time() == 5 * 25 * MINUTE
    assert list(preview.warnings()) == []
    always = advice.Preview(replace(CPU, threshold=5.0, for_=timedelta(0)), START)
    assert len(always.firings) == 1


def test_a_rule_that_costs_more_than_a_second_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "read", lambda *_: [])
    preview = advice.Preview(CPU, START)
    preview.cost_s = 1.5
    assert list(preview.warnings()) == [
        "Judging it once takes 1.5 s; judge it less often or shorten it."
    ]
