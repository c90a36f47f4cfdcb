"""Silences, windows, snoozes, rotas and escalation lie across an alert's life as planned."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest

from alerts import duties, followup, labels, people, rulebook, store
from alerts.labels import MatchOperator
from alerts.quiet import Window, open_until
from alerts.rota import Override, Rota, recipients
from data import database as data
from tests.alerts.world import START, World, channel, notifications, rule, save

LONDON = ZoneInfo("Europe/London")
MINUTE = timedelta(minutes=1)
ALL = labels.parse_matchers('rule=~".+"')


@pytest.fixture
def fired(database: str) -> World:
    channel("mail")
    save(rule(for_=timedelta(0), repeat=timedelta(hours=1)))
    return World()


def fire(world: World, line: str = "1", minutes: int = 0) -> None:
    at = START + minutes * MINUTE
    world.put("oven", at, 90.0, line)
    world.engine().evaluate(at)


def test_a_silenced_alert_says_nothing_until_the_silence_ends_and_it_still_fires(
    fired: World,
) -> None:
    people.silence(labels.parse_matchers('line="1"'), START, START + 60 * MINUTE, "repair", "Jo")
    fired.put("oven", START, 90.0, "2")
    fire(fired)
    followup.tick(START + MINUTE)
    assert notifications() == [("mail", "trigger")]
    by_line = sorted(store.open_alerts(START + MINUTE), key=lambda a: a.labels["line"])
    assert [(a.labels["line"], a.status, a.quiet) for a in by_line] == [
        ("1", "silenced", "silenced by Jo: repair"),
        ("2", "firing", None),
    ]
    followup.tick(START + 60 * MINUTE)
    assert sorted(notifications()[1:]) == [("mail", "repeat"), ("mail", "trigger")]


def test_a_silence_that_is_ended_early_lets_the_alert_speak(fired: World) -> None:
    made = people.silence(ALL, START, START + 60 * MINUTE, "repair", "Jo")
    fire(fired)
    assert people.end_silence(made, START + MINUTE)
    followup.tick(START + 2 * MINUTE)
    assert notifications() == [("mail", "trigger")]


def test_an_alert_that_resolves_while_silenced_was_never_told(fired: World) -> None:
    people.silence(ALL, START, START + 60 * MINUTE, "repair", "Jo")
    fire(fired)
    fired.put("oven", START + MINUTE, 10.0)
    fired.engine().evaluate(START + MINUTE)
    followup.tick(START + 61 * MINUTE)
    assert notifications() == []


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('rule="hot"', True),
        ('alertname="hot",line="1"', True),
        ('line=~"1|2"', True),
        ('line=~"[02]"', False),
        ('line!="2"', True),
        ('shift=""', True),
        ("severity=warning, line=1", True),
        ('severity="critical"', False),
    ],
)
def test_matchers_match_as_alertmanager_does(text: str, fits: bool) -> None:
    seen = labels.seen_by_matchers("hot", "warning", {"line": "1"})
    assert labels.all_match(labels.parse_matchers(text), seen) is fits


@pytest.mark.parametrize("text", ["", "line", 'line~"1"', 'line=~"("', 'line="1" rule="x"'])
def test_a_matcher_that_cannot_be_read_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(labels.MatcherError, match=r"\.$"):
        labels.parse_matchers(text)


def test_a_hostile_pattern_is_answered_at_once() -> None:
    began = perf_counter()
    for pattern in ("(a+)+$", "(a|a)*b", "((a{1,30}){1,30})*b", ".*.*.*.*.*x"):
        (hostile,) = labels.parse_matchers(f'line=~"{pattern}"')
        assert not hostile.matches({"line": "a" * 2000 + "!"})
    assert perf_counter() - began < 1
    with pytest.raises(labels.MatcherError, match="not a regular expression: invalid"):
        labels.parse_matchers(r'line=~"(a)\1"')


@pytest.mark.parametrize("op", ["=~", "!~"])
def test_a_stored_pattern_that_is_taken_no_more_keeps_nothing_quiet(op: MatchOperator) -> None:
    assert not labels.Matcher("line", op, r"(a)\1").matches({"line": "aa"})


def test_a_silence_that_an_older_version_took_stops_no_judging(fired: World) -> None:
    data.execute(
        "INSERT INTO alert_silences (matchers, starts_at, ends_at, reason, author, made_at) VALUES "
        "('[[\"line\", \"=~\", \"(?=x)x\"]]', :at, :at + interval '1 year', 'old', 'Jo', :at)",
        at=START - MINUTE,
    )
    fire(fired)
    assert store.firing_count() == 1
    assert len(store.open_alerts(START)) == 1


def window(**given: object) -> Window:
    plan: dict[str, object] = {
        "id": 1, "name": "night", "matchers": ALL, "first_day": date(2026, 3, 2),
        "last_day": None, "starts": time(22), "minutes": 240, "repeats": "daily",
        "weekdays": (), "reason": "backup", "author": "Jo",
    }  # fmt: skip
    return Window(**(plan | given))  # type: ignore[arg-type]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("plan", "moment", "is_open"),
    [
        ({}, "2026-03-02 21:59", False),
        ({}, "2026-03-02 22:00", True),
        ({}, "2026-03-03 01:59", True),
        ({}, "2026-03-03 02:00", False),
        ({"last_day": date(2026, 3, 2)}, "2026-03-03 01:00", True),
        ({"last_day": date(2026, 3, 2)}, "2026-03-03 22:30", False),
        ({"repeats": "once"}, "2026-03-02 23:00", True),
        ({"repeats": "once"}, "2026-03-03 23:00", False),
        ({"repeats": "weekly", "weekdays": (0, 4)}, "2026-03-06 23:00", True),
        ({"repeats": "weekly", "weekdays": (0, 4)}, "2026-03-05 23:00", False),
        ({"repeats": "weekly"}, "2026-03-09 23:00", True),
        ({"repeats": "monthly", "first_day": date(2026, 1, 31)}, "2026-02-28 23:00", True),
        ({"repeats": "monthly", "first_day": date(2026, 1, 31)}, "2026-03-30 23:00", False),
        # the clock goes forward at 01:00 on 29 March: the window still lasts 4 hours
        ({}, "2026-03-29 02:59", True),
        ({}, "2026-03-29 03:00", False),
    ],
)
def test_a_window_opens_by_the_companys_clock(
    plan: dict[str, object], moment: str, is_open: bool
) -> None:
    assert (open_until(window(**plan), at(moment), LONDON) is not None) is is_open


@pytest.mark.parametrize("first", [date(2026, 3, 27), date(2026, 10, 23)])
@pytest.mark.parametrize("starts", [time(0, 30), time(1, 30), time(2, 30), time(23, 45)])
def test_a_window_lasts_as_long_on_the_night_when_the_clock_changes(
    first: date, starts: time
) -> None:
    night = window(first_day=first, starts=starts, minutes=90, repeats="daily")
    zone = ZoneInfo("Europe/Berlin")
    begin = datetime.combine(first, time(12), zone).astimezone(UTC)
    minutes = [begin + minute * MINUTE for minute in range(3 * 1440)]
    ends = [open_until(night, moment, zone) for moment in minutes]
    assert sum(end is not None for end in ends) == 3 * 90
    opened = {end.astimezone(UTC) for end in ends if end is not None}
    assert {end - timedelta(minutes=90) for end in opened} <= set(minutes)


def test_what_is_pressed_twice_is_done_once(database: str) -> None:
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    made = [
        people.silence(ALL, at, at + hour, "repair", who)
        for at, who in ((now, "Jo"), (now + timedelta(seconds=1), "Jo"), (now, "Al"))
    ]
    assert made[0] == made[1] != made[2]
    people.end_silence(made[0], now + timedelta(seconds=2))
    planned = [
        people.plan_window(
            "night", ALL, first_day=date(2026, 3, 1), starts=time(22), minutes=minutes,
            repeats="daily", reason="patching", author="Jo",
        )
        for minutes in (60, 60, 90)
    ]  # fmt: skip
    assert planned[0] == planned[1] != planned[2]
    for threshold in (80.0, 80.0):
        save(rule(threshold=threshold))
    with pytest.raises(rulebook.RuleRefused):
        save(rule(threshold=70.0))


def test_a_window_keeps_its_alerts_quiet(fired: World) -> None:
    people.plan_window(
        "night", ALL, first_day=START.date(), starts=time(7), minutes=120, repeats="once",
        reason="oven service", author="Jo",
    )  # fmt: skip
    fire(fired)
    assert notifications() == []
    (quiet,) = store.open_alerts(START)
    assert quiet.quiet == "maintenance window night: oven service"
    assert len(store.windows()) == 1


def test_acknowledging_stops_repeats_and_is_told_and_kept(fired: World) -> None:
    fire(fired)
    assert people.acknowledge([1], "Jo", "on it", START + MINUTE) == 1
    assert people.acknowledge([1], "Al", "me too", START + MINUTE) == 0
    followup.tick(START + timedelta(hours=5))
    assert notifications() == [("mail", "trigger"), ("mail", "acknowledge")]
    story = store.timeline(1)
    assert ["acknowledge", "Jo", "on it"] in story[["what", "who", "text"]].to_numpy().tolist()
    people.release([1], "Jo", START + timedelta(hours=5))
    followup.tick(START + timedelta(hours=5))
    assert notifications()[-1] == ("mail", "repeat")


def test_a_snooze_can_be_ended_and_the_bell_counts_only_what_may_speak(fired: World) -> None:
    fire(fired)
    assert store.firing_count() == 1
    people.snooze([1], datetime.now(UTC) + timedelta(hours=8), "Jo", START + MINUTE)
    assert store.firing_count() == 0
    assert people.wake([1], "Jo", START + 2 * MINUTE) == 1
    assert store.firing_count() == 1
    followup.tick(START + 3 * MINUTE)
    assert notifications()[-1] == ("mail", "repeat")
    assert people.wake([1], "Jo", START + 4 * MINUTE) == 0


def test_a_snoozed_alert_speaks_again_when_the_snooze_is_over(fired: World) -> None:
    fire(fired)
    people.snooze([1], START + timedelta(hours=8), "Jo", START + MINUTE)
    followup.tick(START + timedelta(hours=7))
    assert notifications() == [("mail", "trigger")]
    followup.tick(START + timedelta(hours=8))
    assert notifications()[-1] == ("mail", "repeat")


def test_nobody_acknowledging_escalates_step_by_step(database: str) -> None:
    for name in ("mail", "lead", "boss"):
        channel(name)
    data.execute("UPDATE alert_channels SET is_default = name = 'mail'")
    steps = [{"after_s": 900, "to": ["lead"]}, {"after_s": 1800, "to": ["rota:week", "boss"]}]
    data.execute(
        "INSERT INTO alert_policies VALUES ('night', CAST(:steps AS jsonb), 'Jo')",
        steps=json.dumps(steps),
    )
    save(rule(for_=timedelta(0), escalation="night"))
    fire(World())
    for minute in (14, 15, 16, 29, 31, 60):
        followup.tick(START + minute * MINUTE)
    assert notifications() == [("mail", "trigger"), ("lead", "escalate"), ("boss", "escalate")]
    assert data.scalar("SELECT count(*) FROM alert_notes WHERE kind = 'escalate'") == 2


ROTA = Rota(
    "week",
    date(2026, 3, 2),
    time(9),
    (("Jo", "jo-mail"), ("Al", "al-mail")),
    (Override(at("2026-03-10 00:00"), at("2026-03-11 00:00"), "Jo"),),
)


@pytest.mark.parametrize(
    ("moment", "member"),
    [
        ("2026-03-02 08:59", None),
        ("2026-03-02 09:00", "Jo"),
        ("2026-03-09 08:59", "Jo"),
        ("2026-03-09 09:00", "Al"),
        ("2026-03-10 12:00", "Jo"),
        ("2026-03-11 00:00", "Al"),
        ("2026-03-16 09:00", "Jo"),
        ("2026-03-30 09:00", "Jo"),
    ],
)
def test_members_take_a_week_each_with_exceptions(moment: str, member: str | None) -> None:
    holder = ROTA.on_call(at(moment), LONDON)
    assert (holder and holder[0]) == member


def test_a_rota_stands_for_the_channel_of_who_is_on_call() -> None:
    names = ["mail", "rota:week", "rota:gone", "mail"]
    found = recipients(names, {"week": ROTA}, at("2026-03-09 10:00"), LONDON)
    assert found == ["mail", "al-mail"]


def test_history_tells_durations_mtta_and_mttr(fired: World) -> None:
    fire(fired)
    people.acknowledge([1], "Jo", "", START + 4 * MINUTE)
    fired.put("oven", START + 10 * MINUTE, 10.0)
    fired.engine().evaluate(START + 10 * MINUTE)
    found, rules = store.times(START - MINUTE, START + MINUTE)
    assert (found.fired, found.mtta_min, found.mttr_min) == (1, 4.0, 10.0)
    assert rules.to_dict("list") == {"rule": ["hot"], "fired": [1]}
    assert store.history(START, START + MINUTE, search="LINE=9").empty
    assert len(store.history(START, START + MINUTE, search="hot", severities=["warning"])) == 1
    assert store.times(START, START)[0] == store.Times(0, None, None)


def test_figures_of_a_period_count_what_the_list_has_no_room_for(
    fired: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fire(fired)
    data.execute(
        "INSERT INTO alert_incidents (rule_name, fingerprint, labels, severity, group_key, "
        "repeat_s, active_since, fired_at, resolved_at) SELECT rule_name, fingerprint, labels, "
        "severity, group_key, repeat_s, active_since, fired_at, fired_at "
        "FROM alert_incidents, generate_series(1, 6)"
    )
    monkeypatch.setattr(store, "MOST", 5)
    asked = (START - MINUTE, START + MINUTE)
    assert len(store.history(*asked)) == 5
    assert store.times(*asked)[0].fired == 7


def test_the_story_of_an_alert_begins_with_pending(database: str) -> None:
    channel("mail")
    save(rule(for_=timedelta(seconds=15)))
    world = World()
    engine = world.engine()
    for step in range(3):
        moment = START + step * timedelta(seconds=15)
        world.put("oven", moment, 90.5)
        engine.evaluate(moment)
    story = store.timeline(1)["what"].tolist()
    assert story[:3] == ["inactive → pending", "pending → firing", "trigger to mail"]
    assert store.firing_count() == 1
    assert store.pending().empty


def test_what_is_older_than_400_days_is_forgotten(fired: World) -> None:
    fire(fired)
    data.execute("UPDATE alert_incidents SET resolved_at = now() - interval '401 days'")
    duties.tidy()
    assert data.scalar("SELECT count(*) FROM alert_incidents") == 0
