"""Silences made together are made all or none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import SQLAlchemyError

from alerts import labels, people
from data import database as data
from tests.alerts.world import START

END = START + timedelta(minutes=1)
ONE, ALL = labels.parse_matchers('line="1"'), labels.parse_matchers('rule=~".+"')


def test_several_silences_are_made_all_or_none(database: str) -> None:
    unstorable = [labels.Matcher("line", "=", "\x00")]
    with pytest.raises((SQLAlchemyError, ValueError)):
        people.silence_each([ONE, unstorable], START, END, "repair", "Jo")
    with pytest.raises(people.Refused, match="at least one matcher"):
        people.silence_each([ONE, []], START, END, "repair", "Jo")
    assert data.scalar("SELECT count(*) FROM alert_silences") == 0
    assert len(set(people.silence_each([ONE, ALL], START, END, "repair", "Jo"))) == 2
    assert data.scalar("SELECT count(*) FROM alert_silences") == 2
