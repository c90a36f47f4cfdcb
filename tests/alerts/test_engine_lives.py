"""Random lives of an engine with restarts, fail-over, errors and clock jumps, beside the model."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.engine import fixed_time
from alerts.rules import NoData
from data import database as data
from tests.alerts.reference import Model, Spec
from tests.alerts.world import START, World, channel, rule, save

STEP = timedelta(seconds=15)
_TABLES = "alert_rules, alert_cycles, alert_incidents, alert_notifications, alert_changes"

steps = st.lists(
    st.one_of(
        st.tuples(st.just("sample"), st.sampled_from([1.0, 2.0, 3.0])),
        st.tuples(st.just("evaluate"), st.integers(1, 6)),
        st.tuples(st.just("late"), st.floats(0.1, 14.9)),
        st.just(("restart", None)),
        st.just(("other worker", None)),
        st.just(("error", None)),
    ),
    max_size=40,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=steps,
    for_s=st.sampled_from([0, 15, 45]),
    keep_s=st.sampled_from([0, 20, 45]),
    no_data=st.sampled_from(["resolve", "keep", "fire"]),
)
def test_the_engine_agrees_with_the_model_whatever_happens_to_its_workers(
    database: str, steps: list[tuple[str, Any]], for_s: int, keep_s: int, no_data: NoData
) -> None:
    data.execute(f"TRUNCATE {_TABLES}, alert_channels RESTART IDENTITY CASCADE")
    channel("mail")
    save(
        rule(
            threshold=1.5,
            for_=timedelta(seconds=for_s),
            keep_firing_for=timedelta(seconds=keep_s),
            staleness=timedelta(seconds=40),
            no_data=no_data,
        )
    )
    life = Life(Spec(">", 1.5, for_s, keep_s, 40, no_data))
    for what, given_ in steps:
        life.do(what, given_)
    life.compare()


class Life:
    """The engine and the model, told the same things."""

    def __init__(self, spec: Spec) -> None:
        self.model = Model(spec)
        self.spec = spec
        self.world = World()
        self.workers = [self.world.engine(), self.world.engine()]
        self.now = START
        self.samples: dict[int, float] = {}
        self.expected: list[tuple[str, str]] = []

    def do(self, what: str, given_: Any) -> None:
        if what == "sample":
            self.sample(given_)
        elif what == "evaluate":
            self.evaluate(given_)
        elif what == "late":
            self.workers[0].evaluate(self.now + timedelta(seconds=given_))
            self.judge(self.now)
        elif what == "restart":
            self.workers = [self.world.engine(), self.world.engine()]
        elif what == "other worker":
            self.workers.reverse()
        else:
            self.error()

    def sample(self, value: float) -> None:
        second = int((self.now - START).total_seconds())
        if second not in self.samples and not self.judged(second):
            self.samples[second] = value
            self.world.put("oven", self.now, value)

    def judged(self, second: int) -> bool:
        """A sample that arrives after its moment was judged changes nothing any more."""
        return getattr(self, "last", -1) >= second

    def evaluate(self, steps_: int) -> None:
        self.now += steps_ * STEP
        self.workers[0].evaluate(self.now)
        self.judge(self.now)

    def judge(self, at: Any) -> None:
        second = int((fixed_time(at, STEP) - START).total_seconds())
        if self.judged(second):
            return
        self.last = second
        seen = [value for s, value in sorted(self.samples.items()) if second - 40 < s <= second]
        if not seen and not self.known():
            return
        self.seen = True
        before = self.model.name
        after = self.model.evaluate(seen[-1] if seen else None, second)
        if after != before:
            self.expected.append((before, after))

    def known(self) -> bool:
        return getattr(self, "seen", False)

    def error(self) -> None:
        """A signal that errors at its time leaves every state as it was."""
        self.now += STEP
        self.world.broken["oven"] = RuntimeError()
        self.workers[0].evaluate(self.now)
        del self.world.broken["oven"]
        self.last = int((self.now - START).total_seconds())

    def compare(self) -> None:
        rows = data.read("SELECT from_state, to_state FROM alert_changes ORDER BY id")
        assert [(row["from_state"], row["to_state"]) for row in rows] == self.expected
        fired = sum(after == "firing" for _, after in self.expected)
        ended = sum(before == "firing" for before, _ in self.expected)
        told = data.read("SELECT event, count(*) AS n FROM alert_notifications GROUP BY event")
        counts = {row["event"]: row["n"] for row in told}
        assert (counts.get("trigger", 0), counts.get("resolve", 0)) == (fired, ended)
