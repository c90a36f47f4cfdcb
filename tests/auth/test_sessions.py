"""Sessions live on the server and end there."""

from __future__ import annotations

import time

import pytest

from auth import devices, people, sessions
from auth.sessions import Opened
from config import settings as settings_module
from config.refused import SettingsError
from data import database as db

GOOD = "correct horse battery"


def begin(role: str = "viewer", username: str = "mia") -> Opened:
    user = people.add(username, role, password=GOOD)
    opened = sessions.redeem(sessions.ticket(user), "192.0.2.1", "Browser")
    assert opened is not None
    return opened


def aged(sql: str, session: Opened) -> None:
    """Change a session as time would."""
    db.execute(f"UPDATE sessions SET {sql} WHERE id = :id", id=session.id)
    sessions.forget()


def test_the_token_is_stored_nowhere(database: str) -> None:
    opened = begin()
    for table in ("sessions", "tickets", "audit"):
        assert opened.token not in str(db.read(f"SELECT * FROM {table}"))


def test_a_session_knows_its_person(database: str) -> None:
    opened = begin("manager")
    person = sessions.resolve(opened.token)
    assert person is not None
    assert (person.username, person.role, person.session_id) == ("mia", "manager", opened.id)


@pytest.mark.parametrize("token", [None, "", "x", "x" * 1000, "\ud800", "' OR 1=1 --"])
def test_any_other_token_is_nobody(database: str, token: str | None) -> None:
    begin()
    assert sessions.resolve(token) is None


def test_a_ticket_is_good_once(database: str) -> None:
    user = people.add("mia", "viewer", password=GOOD)
    ticket = sessions.ticket(user)
    assert sessions.redeem(ticket, None, None) is not None
    assert sessions.redeem(ticket, None, None) is None


def test_a_ticket_is_good_for_half_a_minute(database: str) -> None:
    user = people.add("mia", "viewer", password=GOOD)
    ticket = sessions.ticket(user)
    db.execute("UPDATE tickets SET expires_at = now()")
    assert sessions.redeem(ticket, None, None) is None


def test_a_ticket_for_something_else_signs_nobody_in(database: str) -> None:
    user = people.add("mia", "viewer", password=GOOD)
    assert sessions.redeem(sessions.ticket(user, "reset"), None, None) is None


def test_signing_out_kills_every_copy_of_the_cookie(database: str) -> None:
    opened = begin()
    sessions.sign_out(opened.token)
    assert sessions.resolve(opened.token) is None


@pytest.mark.parametrize(
    ("role", "hours"), [("admin", 4), ("manager", 8), ("operator", 8), ("viewer", 8)]
)
def test_a_session_ends_by_role_whatever_happens(database: str, role: str, hours: int) -> None:
    opened = begin(role)
    left = db.scalar(
        "SELECT extract(epoch FROM expires_at - created_at) FROM sessions WHERE id = :id",
        id=opened.id,
    )
    assert float(left) == hours * 3600
    aged("expires_at = now()", opened)
    assert sessions.resolve(opened.token) is None


def test_an_hour_without_anybody_ends_a_session(database: str) -> None:
    opened = begin()
    aged("seen_at = now() - interval '59 minutes'", opened)
    assert sessions.resolve(opened.token) is not None
    aged("seen_at = now() - interval '60 minutes'", opened)
    assert sessions.resolve(opened.token) is None


def test_touching_a_session_keeps_it_but_wakes_no_dead_one(database: str) -> None:
    alive, dead = begin(), begin(username="noa")
    aged("seen_at = now() - interval '59 minutes'", alive)
    aged("seen_at = now() - interval '61 minutes'", dead)
    sessions.touch({alive.id, dead.id}, {alive.id})
    assert sessions.still_good([alive.id, dead.id]) == {alive.id}
    assert float(db.scalar("SELECT extract(epoch FROM now() - seen_at) FROM sessions"
                           " WHERE id = :id", id=alive.id)) < 10  # fmt: skip


def test_limits_by_role_are_settings(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTIA_IDLE_MINUTES", "60, operator=480")
    monkeypatch.setenv("SENTIA_SESSION_HOURS", "12,admin=1")
    settings_module.settings.cache_clear()
    operator, admin = begin("operator"), begin("admin", "noa")
    rows = db.read("SELECT extract(epoch FROM idle) AS idle,"
                   " extract(epoch FROM expires_at - created_at) AS longest"
                   " FROM sessions ORDER BY id")  # fmt: skip
    assert [(int(row["idle"]), int(row["longest"])) for row in rows] == [
        (480 * 60, 12 * 3600),
        (60 * 60, 1 * 3600),
    ]
    assert operator.id < admin.id
    monkeypatch.undo()
    settings_module.settings.cache_clear()


@pytest.mark.parametrize(
    "given", ["admin=4", "8,boss=4", "eight", "8,admin=0", "8,,", "nan", "inf"]
)
def test_a_limit_that_cannot_be_is_refused_by_name(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTIA_SESSION_HOURS", given)
    settings_module.settings.cache_clear()
    with pytest.raises(SettingsError, match="SENTIA_SESSION_HOURS"):
        settings_module.settings()
    monkeypatch.undo()
    settings_module.settings.cache_clear()


def test_a_role_changed_behind_our_back_ends_the_session_too(database: str) -> None:
    opened = begin("admin")
    db.execute("UPDATE users SET role = 'viewer'")
    sessions.forget()
    assert sessions.resolve(opened.token) is None


def test_a_revoked_session_is_known_here_at_once_and_elsewhere_in_a_second(database: str) -> None:
    opened = begin()
    assert sessions.resolve(opened.token) is not None
    # Another process would not clear our memory.
    db.execute("UPDATE sessions SET ended_at = now() WHERE id = :id", id=opened.id)
    time.sleep(1.05)
    assert sessions.resolve(opened.token) is None


def test_revoking_twice_says_so(database: str) -> None:
    opened = begin()
    assert sessions.revoke(opened.id, by="test")
    assert not sessions.revoke(opened.id, by="test")


def test_a_lookup_among_ten_thousand_sessions_takes_under_a_millisecond(database: str) -> None:
    opened = begin()
    db.execute(
        "INSERT INTO sessions (token_hash, user_id, role, idle, expires_at)"
        " SELECT sha256(n::text::bytea), (SELECT id FROM users), 'viewer', '1 hour',"
        " now() + interval '8 hours' FROM generate_series(1, 10000) AS n"
    )
    db.execute("ANALYZE sessions")
    plan = db.read(
        f"EXPLAIN (ANALYZE, FORMAT TEXT) SELECT 1 FROM sessions s JOIN users u"
        f" ON u.id = s.user_id WHERE s.token_hash = :key AND {sessions.LIVE}",
        key=sessions.digest(opened.token),
    )
    took = next(line for row in plan for line in row.values() if "Execution Time" in line)
    assert float(took.split(":")[1].removesuffix("ms")) < 1


def test_the_sweep_removes_what_nobody_can_use(database: str) -> None:
    old = begin()
    aged("expires_at = now() - interval '401 days'", old)
    db.execute("UPDATE sessions SET ended_at = expires_at")
    sessions.ticket(people.find("mia")["id"])
    db.execute("UPDATE tickets SET expires_at = now() - interval '2 hours'")
    sessions.sweep()
    assert db.scalar("SELECT count(*) FROM sessions") == 0
    assert db.scalar("SELECT count(*) FROM tickets") == 0


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36",
         "Chrome on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1",
         "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
        (None, "Browser"),
    ],
)  # fmt: skip
def test_a_browser_is_named_in_two_words(agent: str | None, words: str) -> None:
    assert devices.device(agent) == words
