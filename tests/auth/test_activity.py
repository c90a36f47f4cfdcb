"""Page views: batched, counted, kept as long as wanted, or not at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from auth import activity, people, sessions, usage
from auth.person import Person
from config import settings as settings_module
from data import company
from data import database as db


@pytest.fixture(autouse=True)
def empty(database: str) -> Iterator[None]:
    for gathered in (activity._open, activity._begun, activity._ended):
        gathered.clear()
    yield
    settings_module.settings.cache_clear()


def mia() -> Person:
    user = people.add("mia", "manager", password="correct horse battery")
    opened = sessions.redeem(sessions.ticket(user), "192.0.2.1", "Firefox")
    assert opened is not None
    sessions.touch([], [opened.id])
    return Person(user, "mia", "mia", "manager", opened.id)


def test_a_page_is_one_view_however_often_it_reruns() -> None:
    person = mia()
    for _ in range(10):
        activity.note("tab", person, "business", 12.0)
    activity.note("tab", person, "finance", 20.0)
    activity.note("other tab", person, "business", 16.0)
    activity.left("tab")
    activity.flush()
    assert [(row["page"], row["views"]) for row in usage.pages(7).to_dict("records")] == [
        ("business", 2),
        ("finance", 1),
    ]
    assert db.scalar("SELECT count(*) FROM page_views WHERE stayed_s IS NOT NULL") == 2
    assert usage.pages(7)["mean_ms"].tolist() == [14.0, 20.0]


def test_who_is_on_now_says_the_page_and_since_when() -> None:
    activity.note("tab", mia(), "business", 12.0)
    activity.flush()
    here = usage.now().to_dict("records")
    assert [(row["username"], row["page"], row["address"]) for row in here] == [
        ("mia", "business", "192.0.2.1")
    ]
    db.execute("UPDATE sessions SET open_at = now() - interval '2 minutes'")
    assert usage.now().empty


def test_what_could_not_be_written_waits_for_the_next_time(database: str) -> None:
    activity.note("tab", mia(), "business", 12.0)
    db.execute("ALTER TABLE page_views RENAME TO away")
    with pytest.raises(Exception, match="page_views"):
        activity.flush()
    db.execute("ALTER TABLE away RENAME TO page_views")
    activity.flush()
    activity.flush()
    assert db.scalar("SELECT sum(views) FROM page_views_daily") == 1


@pytest.mark.parametrize(("wanted", "views"), [("anonymous", 1), ("off", 0)])
def test_activity_can_be_nameless_or_off(
    wanted: str, views: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = mia()
    monkeypatch.setenv("SENTIA_ACTIVITY", wanted)
    settings_module.settings.cache_clear()
    activity.note("tab", person, "business", 12.0)
    activity.flush()
    assert db.scalar("SELECT count(*) FROM page_views") == views
    assert db.scalar("SELECT count(user_id) + count(session_id) FROM page_views") == 0
    assert usage.active()["month"] is None, "unknown is not nobody"


def test_noting_a_view_takes_less_than_a_millisecond() -> None:
    person = mia()
    began = time.perf_counter()
    for number in range(1000):
        activity.note("tab", person, f"page {number % 7}", 12.0)
    assert time.perf_counter() - began < 1


def test_active_people_and_stickiness_are_counted_from_days() -> None:
    first, today = mia(), company.today()
    second = people.add("noa", "viewer", password="correct horse battery")
    for user, age in ((first.id, 0), (first.id, 3), (second, 10), (second, 45)):
        db.execute(
            "INSERT INTO page_views_daily (day, user_id, page, views, run_ms, slowest_ms)"
            " VALUES (:day, :user, 'business', 1, 5, 5)",
            day=today - timedelta(days=age),
            user=user,
        )
    assert usage.active() == {"now": 1, "day": 1, "week": 1, "month": 2, "stickiness_pct": 50.0}
    assert usage.by_day(7)["people"].notna().sum() == 2
    assert len(usage.by_day(7)) == 7
    assert usage.analytics(7)["roles"] == {"manager": 1, "viewer": 1}


def test_old_views_are_forgotten() -> None:
    activity.note("tab", mia(), "business", 12.0)
    activity.flush()
    db.execute("UPDATE page_views SET at = at - interval '401 days'")
    activity.sweep()
    assert db.scalar("SELECT count(*) FROM page_views") == 0
    assert db.scalar("SELECT count(*) FROM page_views_daily") == 1


def test_failed_sign_ins_and_dormant_accounts_are_listed() -> None:
    from auth import signin

    mia()
    people.add("noa", "viewer", password="correct horse battery")
    db.execute("UPDATE users SET created_at = now() - interval '40 days'")
    signin.attempt("noa", "wrong", "192.0.2.9")
    assert usage.failures(7)[["account", "address", "failures"]].values.tolist() == [
        ["noa", "192.0.2.9", 1]
    ]
    assert usage.dormant(30)["username"].tolist() == ["noa"]


def test_all_failed_sign_ins_are_counted_however_many_accounts_they_tried() -> None:
    db.execute(
        "INSERT INTO audit (actor, action, outcome, address)"
        " SELECT 'account ' || n, 'sign_in', 'refused', '192.0.2.9'"
        " FROM generate_series(1, 250) AS n"
    )
    assert len(usage.failures(7)) == 200
    assert usage.analytics(7)["failed_sign_ins"] == 250
