"""The judgement follows Prometheus, case by case and against a model over random lives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts.decide import INACTIVE, NO_DATA, Reading, State, Verdict, decide
from alerts.rules import Rule
from tests.alerts.reference import Model, Spec

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
CPU = Rule("cpu", "system.cpu", 85.0, for_=timedelta(minutes=5))


def lived(judged: Rule, *values: float | None, step: int = 60) -> list[Verdict]:
    state, verdicts = INACTIVE, []
    for index, value in enumerate(values):
        verdict = decide(judged, Reading(value), state, START + timedelta(seconds=step * index))
        verdicts.append(verdict)
        state = verdict.state
    return verdicts


def names(verdicts: list[Verdict]) -> list[str]:
    return [verdict.state.name for verdict in verdicts]


def test_a_rule_fires_at_the_first_evaluation_that_is_for_after_the_first_that_held() -> None:
    assert names(lived(CPU, 90, 90, 90, 90, 90, 90)) == ["pending"] * 5 + ["firing"]


def test_for_zero_fires_at_once() -> None:
    assert names(lived(replace(CPU, for_=timedelta(0)), 90)) == ["firing"]


def test_clearing_while_pending_starts_the_wait_anew() -> None:
    verdicts = lived(CPU, 90, 90, 10, 90, 90, 90, 90, 90, 90)
    assert names(verdicts) == ["pending", "pending", "inactive", *["pending"] * 5, "firing"]
    assert verdicts[2].reason == "condition cleared before it had held for long enough"


def test_a_value_equal_to_the_threshold_is_not_above_it() -> None:
    assert names(lived(CPU, 85)) == ["inactive"]


def test_keep_firing_for_counts_from_the_first_evaluation_that_was_clear() -> None:
    kept = replace(CPU, for_=timedelta(0), keep_firing_for=timedelta(minutes=2))
    assert names(lived(kept, 90, 10, 10, 10)) == ["firing", "firing", "firing", "inactive"]


def test_a_condition_that_comes_back_stops_the_clock_of_keep_firing_for() -> None:
    kept = replace(CPU, for_=timedelta(0), keep_firing_for=timedelta(minutes=2))
    verdicts = lived(kept, 90, 10, 90, 10, 10, 10)
    assert names(verdicts) == ["firing"] * 5 + ["inactive"]
    assert verdicts[2].state.active_since == START


def test_keep_firing_for_keeps_no_pending_alert() -> None:
    kept = replace(CPU, keep_firing_for=timedelta(minutes=2))
    assert names(lived(kept, 90, 10)) == ["pending", "inactive"]


def test_no_data_resolves_by_default_and_is_a_state_of_its_own() -> None:
    fast = replace(CPU, for_=timedelta(0))
    assert names(lived(fast, 90, None, 10)) == ["firing", "no_data", "inactive"]
    assert names(lived(CPU, 10, None, 90)) == ["inactive", "no_data", "pending"]


def test_keep_firing_for_also_bridges_missing_data() -> None:
    kept = replace(CPU, for_=timedelta(0), keep_firing_for=timedelta(minutes=2))
    assert names(lived(kept, 90, None, None, None)) == ["firing", "firing", "firing", "no_data"]


def test_no_data_kept_changes_nothing_and_fires_nothing() -> None:
    kept = replace(CPU, no_data="keep", for_=timedelta(minutes=1))
    assert names(lived(kept, 90, None, None, 90)) == ["pending", "pending", "pending", "firing"]
    assert names(lived(kept, 90, 90, None, 10)) == ["pending", "firing", "firing", "inactive"]
    assert names(lived(kept, 10, None)) == ["inactive", "inactive"]


def test_no_data_that_fires_waits_for_as_any_condition_does() -> None:
    fire = replace(CPU, no_data="fire", for_=timedelta(minutes=2))
    assert names(lived(fire, 10, None, None, None)) == ["inactive", "pending", "pending", "firing"]


def test_a_rule_for_absent_data_fires_on_its_absence_and_clears_on_its_return() -> None:
    absent = Rule("silent", "worker.heartbeat", op="absent", for_=timedelta(minutes=1))
    assert names(lived(absent, 1, None, None, 1)) == ["inactive", "pending", "firing", "inactive"]


def test_nan_compares_with_nothing() -> None:
    fast = replace(CPU, for_=timedelta(0))
    assert names(lived(fast, float("nan"))) == ["inactive"]
    assert names(lived(replace(fast, op="!="), float("nan"))) == ["firing"]


@pytest.mark.parametrize("state", [INACTIVE, NO_DATA, State("pending", START)])
def test_a_clock_that_jumps_back_fires_nothing(state: State) -> None:
    verdict = decide(CPU, Reading(90), state, START - timedelta(hours=1))
    assert verdict.state.name == "pending"


def test_the_verdict_carries_the_value_it_was_judged_by() -> None:
    (verdict,) = lived(CPU, 90.5)
    assert (verdict.value, verdict.changed, verdict.reason) == (
        90.5,
        True,
        "condition began to hold",
    )


class Life(RuleBasedStateMachine):
    """Random samples, gaps and clock jumps; the state is always carried as plain data."""

    @initialize(
        for_s=st.sampled_from([0, 10, 15, 60, 300]),
        keep_s=st.sampled_from([0, 10, 15, 45, 120]),
        no_data=st.sampled_from(["resolve", "keep", "fire"]),
        op=st.sampled_from([">", ">=", "<", "<=", "==", "!="]),
    )
    def begin(self, for_s: int, keep_s: int, no_data: str, op: str) -> None:
        self.rule = Rule(
            "r",
            "s",
            2.0,
            op=op,  # type: ignore[arg-type]
            for_=timedelta(seconds=for_s),
            keep_firing_for=timedelta(seconds=keep_s),
            no_data=no_data,  # type: ignore[arg-type]
        )
        self.model = Model(Spec(op, 2.0, for_s, keep_s, 300, no_data))
        self.state = INACTIVE
        self.now = 0

    @rule(value=st.none() | st.sampled_from([1.0, 2.0, 3.0]), step=st.integers(1, 90))
    def evaluate(self, value: float | None, step: int) -> None:
        self.now += step
        at = START + timedelta(seconds=self.now)
        self.state = decide(self.rule, Reading(value), self.state, at).state
        self.model.evaluate(value, self.now)

    @rule(back=st.integers(1, 400))
    def the_clock_jumps_back(self, back: int) -> None:
        self.now -= back

    @rule()
    def the_worker_restarts(self) -> None:
        self.state = State(*(getattr(self.state, name) for name in State.__slots__))

    @invariant()
    def agrees_with_the_model(self) -> None:
        if hasattr(self, "state"):
            assert self.state.name == self.model.name


Life.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_random_lives_agree_with_the_reference_model = Life.TestCase
