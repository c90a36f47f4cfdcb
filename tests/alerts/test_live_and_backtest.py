"""What the engine decides live, cycle by cycle, is what a backtest of the same samples says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts import backtest
from alerts.rules import Rule
from alerts.series import Series
from data import database as data
from tests.alerts.world import START, World, rule, save

STEP = timedelta(seconds=15)
STEPS = 24
Line = dict[int, float]
_TABLES = "alert_rules, alert_cycles, alert_incidents, alert_notifications, alert_changes"
Told = list[tuple[int, str, str, str]]


def live(judged: Rule, lines: dict[str, Line]) -> Told:
    save(judged)
    world = World()
    for line, samples in lines.items():
        for second, value in sorted(samples.items()):
            world.put("oven", START + timedelta(seconds=second), value, line)
    engine = world.engine()
    for step in range(STEPS):
        engine.evaluate(START + step * STEP)
    rows = data.read("SELECT at, labels->>'line' AS line, from_state, to_state FROM alert_changes")
    return sorted(
        (
            int((row["at"] - START).total_seconds()),
            row["line"],
            row["from_state"],
            row["to_state"],
        )
        for row in rows
    )


def tried(judged: Rule, lines: dict[str, Line]) -> Told:
    series = [
        Series.of(
            {"line": line},
            [(START + timedelta(seconds=second), value) for second, value in sorted(one.items())],
        )
        for line, one in lines.items()
    ]
    found = backtest.run(judged, series, START, START + (STEPS - 1) * STEP)
    return sorted(
        (
            int((change.at - START).total_seconds()),
            dict(change.labels)["line"],
            change.before,
            change.after,
        )
        for change in found
    )


def test_the_first_sample_of_a_rate_is_no_data_live_as_in_a_backtest(database: str) -> None:
    judged = rule(
        aggregate="rate", window=timedelta(minutes=1), threshold=0.4, for_=timedelta(0)
    )  # fmt: skip
    lines = {"1": {0: 0.0, 15: 30.0, 30: 60.0}, "2": {20: 5.0}}
    assert live(judged, lines) == tried(judged, lines) == [
        (0, "1", "inactive", "no_data"),
        (15, "1", "no_data", "firing"),
        (30, "2", "inactive", "no_data"),
        (75, "1", "firing", "no_data"),
    ]  # fmt: skip


samples = st.dictionaries(
    st.integers(0, 15 * STEPS), st.sampled_from([0.0, 1.0, 2.0, 5.0, float("nan")]), min_size=1
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lines=st.dictionaries(st.sampled_from("123"), samples, min_size=1),
    given_=st.fixed_dictionaries(
        {
            "aggregate": st.sampled_from(["last", "avg", "max", "rate", "p95"]),
            "op": st.sampled_from([">", "<", "!=", "absent"]),
            "window": st.sampled_from([10, 40, 90]).map(lambda s: timedelta(seconds=s)),
            "staleness": st.sampled_from([10, 40]).map(lambda s: timedelta(seconds=s)),
            "for_": st.sampled_from([0, 30]).map(lambda s: timedelta(seconds=s)),
            "keep_firing_for": st.sampled_from([0, 40]).map(lambda s: timedelta(seconds=s)),
            "no_data": st.sampled_from(["resolve", "keep", "fire"]),
            "change_over": st.sampled_from([None, timedelta(minutes=1)]),
            "every": st.sampled_from([STEP, 2 * STEP]),
        }
    ),
)
def test_live_and_backtest_are_one_decision(
    database: str, lines: dict[str, Line], given_: dict[str, Any]
) -> None:
    data.execute(f"TRUNCATE {_TABLES} RESTART IDENTITY CASCADE")
    judged = rule(**given_, threshold=None if given_["op"] == "absent" else 1.0)
    assert live(judged, lines) == tried(judged, lines)
