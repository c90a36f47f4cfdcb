"""Notifications leave once, in order, and are tried again, given up and handed on as promised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts import claims, followup, people, rulebook
from alerts.channels.config import ChannelConfig, Receipt, Surroundings
from alerts.channels.errors import Permanent, Temporary, Throttled
from alerts.channels.message import Message
from alerts.delivery import deliver, message
from alerts.engine import Engine
from data import database as data
from tests.alerts.world import START, World, channel, notifications, rule, save

SECOND = timedelta(seconds=1)
STEP = timedelta(seconds=15)


@dataclass
class Line:
    """A channel's far end, and the clock."""

    now: datetime = START
    sent: list[tuple[str, str, int]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    answers: dict[str, Exception] = field(default_factory=dict)
    threads: list[str | None] = field(default_factory=list)
    during: Callable[[], None] | None = None

    def __call__(
        self, message: Message, config: ChannelConfig, _: Surroundings, thread: str | None
    ) -> Receipt:
        if self.during is not None:
            self.during()
        if config.name in self.answers:
            raise self.answers[config.name]
        self.messages.append(message)
        self.threads.append(thread)
        events = ",".join(item.event for item in message.items)
        self.sent.append((config.name, events, int((self.now - START).total_seconds())))
        return Receipt("ok", "17.1")

    def at(self, seconds: float) -> int:
        self.now = START + timedelta(seconds=seconds)
        return deliver(lambda: self.now, self)


@pytest.fixture
def line(database: str) -> Line:
    channel("mail")
    return Line()


def fire(step: int = 0, *lines: str, value: float = 90.0, engine: Engine | None = None) -> World:
    world = World()
    at = START + step * STEP
    for name in lines or ("1",):
        world.put("oven", at, value, name)
    (engine or world.engine()).evaluate(at)
    return world


def now_rule(**given: Any) -> None:
    save(rule(for_=timedelta(0), **given))


def test_alerts_of_a_group_that_change_within_30_s_go_as_one_message(line: Line) -> None:
    now_rule()
    fire(0, "1", "2")
    fire(1, "1", "2", "3")
    assert line.at(29) == 0
    line.at(30)
    assert line.sent == [("mail", "trigger,trigger,trigger", 30)]
    assert line.at(40) == 0


def test_a_change_after_the_message_waits_for_the_next(line: Line) -> None:
    now_rule()
    fire(0)
    line.at(30)
    fire(4, value=10.0)
    line.at(89)
    line.at(90)
    assert line.sent == [("mail", "trigger", 30), ("mail", "resolve", 90)]


def test_a_worker_that_stood_still_leaves_its_claim_to_another(line: Line) -> None:
    now_rule()
    fire(0)
    woken = START + timedelta(minutes=4)
    times = [START + 30 * SECOND] * 2
    assert deliver(lambda: times.pop() if times else woken, line) >= 1
    assert [row for row in line.sent if row[2] == 30] == []
    line.at(300)
    assert [(channel, event) for channel, event, _ in line.sent] == [("mail", "trigger")]


def test_a_temporary_failure_is_tried_again_with_growing_waits(line: Line) -> None:
    now_rule()
    fire(0)
    line.answers["mail"] = Temporary("busy")
    line.at(30)
    row = data.one("SELECT due_at, attempts, error FROM alert_notifications")
    assert row is not None
    assert (row["attempts"], row["error"]) == (1, "busy")
    assert 5 <= (row["due_at"] - line.now).total_seconds() <= 15
    del line.answers["mail"]
    line.at(60)
    assert line.sent == [("mail", "trigger", 60)]


def test_waits_double_up_to_half_an_hour_and_honour_what_the_receiver_asks() -> None:
    assert [claims.wait_before(n, None, 0.5) for n in (1, 2, 3, 9, 40)] == [10, 20, 40, 1800, 1800]
    assert claims.wait_before(1, 600, 0.0) == 600
    assert claims.wait_before(9, 60, 0.5) == 1800


def test_a_receiver_that_asks_to_wait_is_left_alone_that_long(line: Line) -> None:
    now_rule()
    fire(0)
    line.answers["mail"] = Throttled("slow down", 300)
    line.at(30)
    assert line.at(329) == 0
    del line.answers["mail"]
    line.at(330)
    assert line.sent == [("mail", "trigger", 330)]


def test_a_permanent_refusal_is_given_up_at_once_and_handed_to_the_next_channel(line: Line) -> None:
    channel("pager", 1)
    now_rule(channels=("mail",))
    fire(0)
    line.answers["mail"] = Permanent("no such inbox")
    line.at(30)
    assert line.sent == [("pager", "trigger", 30)]
    rows = data.read("SELECT channel, error, fallback_of FROM alert_notifications ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        ("mail", "no such inbox", None),
        ("pager", None, "mail"),
    ]
    fire(8, value=10.0)
    line.at(200)
    assert line.sent[1:] == [("pager", "resolve", 200)]


def test_when_every_channel_refuses_it_ends_and_is_seen(line: Line) -> None:
    channel("pager", 1)
    now_rule()
    fire(0)
    line.answers = {"mail": Permanent("no"), "pager": Permanent("no")}
    line.at(30)
    line.at(60)
    assert data.scalar("SELECT count(*) FROM alert_notifications WHERE gave_up_at IS NULL") == 0


def test_after_24_hours_a_failing_channel_is_given_up(line: Line) -> None:
    now_rule()
    fire(0)
    line.answers["mail"] = Temporary("busy")
    for hour in range(26):
        line.at(30 + 3600 * hour)
    row = data.one("SELECT gave_up_at, error FROM alert_notifications")
    assert row is not None
    assert row["error"] == "busy It was tried for 24 hours."
    assert timedelta(hours=23) < row["gave_up_at"] - START < timedelta(hours=25)


def test_a_resolution_never_overtakes_what_it_resolves(line: Line) -> None:
    now_rule()
    fire(0)
    line.answers["mail"] = Temporary("busy")
    line.at(30)
    fire(3, value=10.0)
    del line.answers["mail"]
    line.at(75)
    assert line.sent == [("mail", "trigger,resolve", 75)]


def test_a_message_under_way_is_not_claimed_by_another_worker(line: Line) -> None:
    now_rule()
    fire(0)
    seen: list[object] = []

    def meanwhile() -> None:
        fire(2, value=10.0)
        seen.append(claims.take("other", line.now + timedelta(seconds=60)))

    line.during = meanwhile
    line.at(30)
    assert seen == [None]
    line.during = None
    line.at(100)
    assert line.sent == [("mail", "trigger", 30), ("mail", "resolve", 100)]


def test_a_claim_of_a_worker_that_died_is_taken_over_after_its_lease(line: Line) -> None:
    now_rule()
    fire(0)
    assert claims.take("dead", START + 30 * SECOND) is not None
    assert line.at(31) == 0
    line.at(30 + claims.LEASE.total_seconds() + 1)
    assert [event for _, event, _ in line.sent] == ["trigger"]


def test_what_is_told_again_after_a_worker_died_carries_the_same_id(line: Line) -> None:
    now_rule()
    fire(0)
    taken = claims.take("dead", START + 30 * SECOND)
    assert taken is not None
    line.at(30 + claims.LEASE.total_seconds() + 1)
    assert [one.key for one in line.messages] == [message(taken).key]
    fire(1, value=10.0)
    line.at(30 + claims.LEASE.total_seconds() + 60)
    assert len({one.key for one in line.messages}) == len(line.messages) == 2


def test_past_its_limit_a_channel_holds_back_and_sends_one_digest(line: Line) -> None:
    data.execute("UPDATE alert_channels SET per_minute = 2")
    save(*(rule(f"r{n}", for_=timedelta(0)) for n in range(6)))
    fire(0)
    line.at(30)
    line.at(31)
    assert [event for _, event, _ in line.sent] == ["trigger", "trigger"]
    line.at(95)
    assert line.sent[2:] == [("mail", "trigger,trigger,trigger,trigger", 95)]
    assert line.messages[2].title == "Held back: 4 firing: 4 rules"


def test_a_channel_that_is_busy_does_not_hold_up_the_others(line: Line) -> None:
    channel("pager", 1)
    data.execute("UPDATE alert_channels SET per_minute = 1 WHERE name = 'mail'")
    save(*(rule(f"r{n}", for_=timedelta(0)) for n in range(3)))
    fire(0)
    line.at(30)
    assert len([one for one in line.sent if one[0] == "pager"]) == 3


def test_a_firing_alert_is_repeated_until_it_is_acknowledged(line: Line) -> None:
    now_rule(repeat=timedelta(hours=1))
    fire(0)
    for minute in (1, 59, 61, 121):
        followup.tick(START + timedelta(minutes=minute))
        line.at(60 * minute + 31)
    assert [event for _, event, _ in line.sent] == ["trigger", "repeat", "repeat"]
    people.acknowledge([1], "Jo", "on it", START + timedelta(minutes=122))
    followup.tick(START + timedelta(minutes=300))
    line.at(60 * 301)
    assert [event for _, event, _ in line.sent][3:] == ["acknowledge"]
    assert line.messages[-1].items[0].who == "Jo"


def test_a_removed_channel_gives_its_notifications_up_visibly(line: Line) -> None:
    now_rule()
    fire(0)
    data.execute("DELETE FROM alert_channels")
    line.at(30)
    assert data.scalar("SELECT error FROM alert_notifications") == (
        "The channel was removed or switched off."
    )


def test_several_rules_are_muted_together_or_not_at_all(line: Line) -> None:
    now_rule()
    name = rulebook.kept()[0].rule.name
    with pytest.raises(rulebook.UnknownRule, match="gone"):
        rulebook.mute_each([name, "gone"], START + STEP, "repair", "Jo")
    assert rulebook.find(name).muted_until is None
    rulebook.mute_each([name], START + STEP, "repair", "Jo")
    assert rulebook.find(name).muted_reason == "repair"


def test_a_muted_rule_is_judged_but_says_nothing_until_it_is_unmuted(line: Line) -> None:
    now_rule()
    rulebook.mute("hot", START + timedelta(hours=1), "repair", "Jo")
    fire(0)
    followup.tick(START + timedelta(minutes=30))
    assert notifications() == []
    followup.tick(START + timedelta(minutes=61))
    assert notifications() == [("mail", "trigger")]


def test_updates_go_into_the_thread_of_the_rule(line: Line) -> None:
    now_rule()
    fire(0)
    line.at(30)
    fire(4, value=10.0)
    line.at(100)
    assert line.threads == [None, "17.1"]


def test_a_message_about_several_rules_goes_into_no_thread(line: Line) -> None:
    now_rule(labels={"group": "plant"})
    save(rule("also hot", for_=timedelta(0), labels={"group": "plant"}))
    fire(0)
    line.at(30)
    assert [len(message.items) for message in line.messages] == [2]
    assert data.scalar("SELECT threads FROM alert_channels") == {}
