"""Another system's alerts are taken as Alertmanager takes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerts import followup, receiver, store
from alerts.receiver import NotReceived
from tests.alerts.world import START, channel, notifications

MINUTE = timedelta(minutes=1)


def post(minutes: int = 0, **given: Any) -> int:
    one = {"labels": {"alertname": "DiskFull", "host": "db1", "severity": "critical"}, **given}
    return receiver.receive(receiver.parse([one]), START + minutes * MINUTE)


def test_a_posted_alert_fires_once_however_often_it_is_posted(database: str) -> None:
    channel("mail")
    for minute in range(4):
        assert post(minute, annotations={"summary": "92 % of /var"}) == 1
    (found,) = store.open_alerts(START + 4 * MINUTE)
    assert (found.rule, found.severity, found.description) == (
        "DiskFull",
        "critical",
        "92 % of /var",
    )
    assert found.labels == {"host": "db1", "severity": "critical"}
    assert notifications() == [("mail", "trigger")]


def test_an_end_that_has_passed_resolves_it(database: str) -> None:
    channel("mail")
    post()
    post(2, endsAt=(START + MINUTE).isoformat())
    assert store.open_alerts(START + 2 * MINUTE) == []
    assert notifications() == [("mail", "trigger"), ("mail", "resolve")]
    assert post(3) == 1


def test_an_alert_that_is_not_posted_again_ends_by_itself(database: str) -> None:
    channel("mail")
    post()
    followup.tick(START + 4 * MINUTE)
    assert len(store.open_alerts(START)) == 1
    followup.tick(START + 5 * MINUTE)
    assert notifications()[-1] == ("mail", "resolve")


def test_gos_zero_time_is_no_end(database: str) -> None:
    assert post(endsAt="0001-01-01T00:00:00Z", startsAt="2026-03-01T07:00:00.123Z") == 1
    (found,) = store.open_alerts(START)
    assert found.active_since.hour == 7


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "The body must be a list"),
        ([1], "The body must be a list"),
        ([{"labels": {}}], 'Alert 1 needs the label "alertname"'),
        ([{"labels": {"alertname": 1}}], "Alert 1: labels must be"),
        ([{"labels": {"alertname": "a\0b"}}], "Alert 1: labels must be"),
        ([{"labels": {"alertname": "a"}, "endsAt": "soon"}], '"soon" is not an RFC 3339 instant'),
        ([{"labels": {"alertname": "a"}, "annotations": {"x": "y" * 3000}}], "annotations must be"),
        ([{}] * 1001, "At most 1000"),
    ],
)
def test_a_bad_body_is_refused_whole_in_one_sentence(body: Any, sentence: str) -> None:
    with pytest.raises(NotReceived, match=sentence):
        receiver.parse(body)
