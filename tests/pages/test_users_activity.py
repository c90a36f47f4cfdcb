"""Users → Activity: what its charts say."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from auth import people
from config import settings as settings_module
from data import company
from data import database as db
from pages import users_activity


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_people_a_day_stand_on_the_companys_days_in_every_zone(
    database: str, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("COMPANY_TIMEZONE", zone)
    settings_module.settings.cache_clear()
    today = company.today()
    db.execute(
        "INSERT INTO page_views_daily (day, user_id, page, views, run_ms, slowest_ms)"
        " VALUES (:day, :user, 'business', 3, 5, 5)",
        day=today,
        user=people.add("mia", "viewer", password="correct horse battery"),
    )
    plot = users_activity.people_a_day(7)
    assert plot.frame is not None
    assert plot.frame["day"].iloc[-1].to_pydatetime() == datetime.combine(today, time())
    assert plot.frame["views"].tolist() == [0, 0, 0, 0, 0, 0, 3]
    monkeypatch.undo()
    settings_module.settings.cache_clear()
