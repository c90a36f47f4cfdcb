"""Server-side sessions: an opaque token in a cookie, its hash and its limits in PostgreSQL."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from auth import audit, calls
from auth.person import Person
from config.durations import by_role
from config.settings import settings
from data import database

COOKIE = "sentia_session"
# How a session began, beside "password"; the second stands for a second factor at the provider.
SSO, SSO_TWICE = "single sign-on", "single sign-on, two factors"
# A session that still admits: `s` is sessions, `u` its user.
LIVE = "s.ended_at IS NULL AND s.expires_at > now() AND s.seen_at + s.idle > now()"
_OWNER = "SELECT username FROM users WHERE id = (SELECT user_id FROM sessions WHERE id = :id)"
_FIT = (
    f"{LIVE} AND u.disabled_at IS NULL AND u.deleted_at IS NULL AND s.role = u.role"
    " AND (u.password_changed_at IS NULL OR s.method <> 'password'"
    " OR s.created_at >= u.password_changed_at)"
)
_TICKET_S = 30
_FRESH_S = 1.0
_MOST_CACHED = 10_000


@dataclass(frozen=True)
class Opened:
    """A session just begun: the token is shown to the browser and kept nowhere."""

    token: str
    id: int
    expires_at: datetime


_known: dict[bytes, tuple[float, Person | None]] = {}


def digest(token: str) -> bytes:
    """How a token is stored; it is random enough that no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def resolve(token: str | None) -> Person | None:
    """Whose session the cookie's token opens, at most one second old. Raises DatabaseUnavailable.

    None for no token, an unknown one, and every session that has ended.
    """
    if not token or len(token) > 200:
        return None
    key = digest(token)
    cached = _known.get(key)
    if cached is not None and time.monotonic() - cached[0] < _FRESH_S:
        return cached[1]
    asked_at = time.monotonic()
    found = _look_up(key)
    if len(_known) > _MOST_CACHED:
        _known.clear()
    _known[key] = (asked_at, found)
    return found


def forget() -> None:
    """Make the next `resolve` in this process ask the database."""
    _known.clear()


def _look_up(key: bytes) -> Person | None:
    """Planning this takes four times as long as running it, so each connection plans it once."""
    with database.connection() as opened:
        if _PREPARED not in opened.info:
            opened.execute(text(_PREPARE))
            opened.info[_PREPARED] = True
        answer = opened.execute(text(f"EXECUTE {_PREPARED} (:key)"), {"key": key})
        row = answer.mappings().first()
    if row is None:
        return None
    found = dict(row)
    lacking = not found.pop("factor") and settings().sentia_require_mfa in ("all", found["role"])
    # Whoever still has to set up a second factor may do that, and nothing else.
    return Person(**found, scopes=frozenset() if lacking else None)


_PREPARED = "session_of"
_PREPARE = f"""
    PREPARE {_PREPARED} (bytea) AS
    SELECT u.id, u.username, u.name, u.role, s.id AS session_id, u.zone, u.theme, u.start_page,
           s.method = '{SSO_TWICE}' OR EXISTS (
               SELECT 1 FROM second_factors f
               WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) AS factor
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.token_hash = $1 AND {_FIT}
"""


def ticket(
    user_id: int,
    purpose: str = "sign in",
    method: str = "password",
    seconds: int = _TICKET_S,
    opened: Connection | None = None,
) -> str:
    """A single-use secret; for a sign-in, what the page hands to the route that sets cookies.

    It is made in the caller's transaction when `opened` is given.
    """
    made = secrets.token_urlsafe(32)
    values = {"key": digest(made), "purpose": purpose, "user_id": user_id, "method": method}
    with nullcontext(opened) if opened is not None else database.transaction() as chosen:
        chosen.execute(_TICKET, values | {"seconds": seconds})
    return made


_TICKET = text("""
    INSERT INTO tickets (token_hash, purpose, user_id, method, expires_at)
    VALUES (:key, :purpose, :user_id, :method, now() + make_interval(secs => :seconds))
""")


def redeem(made: str, address: str | None, agent: str | None) -> Opened | None:
    """Turn a sign-in ticket into a session, once; None when it is used, old or unknown."""
    with database.transaction() as opened:
        row = (
            opened.execute(
                text(
                    """
                    DELETE FROM tickets t USING users u
                    WHERE t.token_hash = :key AND t.purpose = 'sign in' AND u.id = t.user_id
                    RETURNING u.id, u.username, u.role, t.method,
                              t.expires_at > now() AND u.disabled_at IS NULL
                              AND u.deleted_at IS NULL
                              AND (u.password_changed_at IS NULL
                                   OR u.password_changed_at <= t.made_at) AS good
                    """
                ),
                {"key": digest(made)},
            )
            .mappings()
            .first()
        )
        if row is None or not row["good"]:
            return None
        begun = _begin(opened, row, address, agent)
        audit.record("sign_in", actor=row["username"], address=address,
                     on=f"session {begun.id}", detail={"method": row["method"]},
                     opened=opened)  # fmt: skip
    return begun


def _begin(opened: Connection, row: RowMapping, address: str | None, agent: str | None) -> Opened:
    token, chosen = secrets.token_urlsafe(32), settings()
    values = {
        "key": digest(token),
        "user_id": row["id"],
        "role": row["role"],
        "method": row["method"],
        "idle": 60 * _for_role(chosen.sentia_idle_minutes, row["role"]),
        "longest": 3600 * _for_role(chosen.sentia_session_hours, row["role"]),
        "address": address,
        "agent": audit.one_line(agent or "")[:200] or None,
    }
    made = opened.execute(text(_INSERT), values).mappings().one()
    opened.execute(
        text("UPDATE users SET last_signed_in_at = now() WHERE id = :id"), {"id": row["id"]}
    )
    return Opened(token, made["id"], made["expires_at"])


_INSERT = """
    INSERT INTO sessions (token_hash, user_id, role, method, idle, expires_at, address, agent)
    VALUES (:key, :user_id, :role, :method, make_interval(secs => :idle),
            now() + make_interval(secs => :longest), :address, :agent)
    RETURNING id, expires_at
"""


def _for_role(given: str, role: str) -> float:
    limits = by_role(given)
    return limits.get(role, limits[""])


def sign_out(token: str | None, address: str | None = None) -> None:
    """End the session of this token; a copy of the cookie is dead from here on."""
    person = resolve(token)
    if person is None or person.session_id is None:
        return
    with database.transaction() as opened:
        end(opened, person.session_id, "signed out")
        audit.record("sign_out", actor=person, address=address,
                     on=f"session {person.session_id}", opened=opened)  # fmt: skip
    forget()


def revoke(session_id: int, by: Person | str, address: str | None = None) -> bool:
    """End somebody's session; False when there is no such live session."""
    with database.transaction() as opened:
        if not end(opened, session_id, "revoked"):
            return False
        owner = opened.execute(text(_OWNER), {"id": session_id}).scalar()
        audit.record("session.revoke", actor=by, address=address, on=f"session {session_id}",
                     detail={"of": owner}, opened=opened)  # fmt: skip
    forget()
    return True


def revoke_all(user_id: int, username: str, by: Person | str, address: str | None = None) -> int:
    """End every session of a person; returns how many."""
    with database.transaction() as opened:
        ended = end_all(opened, user_id, "revoked")
        audit.record("session.revoke", actor=by, address=address, on=f"all of {username}",
                     detail={"sessions": ended}, opened=opened)  # fmt: skip
    forget()
    return ended


def end(opened: Connection, session_id: int, reason: str) -> bool:
    """Mark one session as ended; False when it had ended before."""
    touched = opened.execute(
        text(
            "UPDATE sessions SET ended_at = now(), ended_by = :reason"
            " WHERE id = :id AND ended_at IS NULL"
        ),
        {"id": session_id, "reason": reason},
    )
    return touched.rowcount > 0


def end_all(opened: Connection, user_id: int, reason: str) -> int:
    """Mark every session of a person as ended and void what was promised; returns how many."""
    opened.execute(text("DELETE FROM tickets WHERE user_id = :id"), {"id": user_id})
    touched = opened.execute(
        text(
            "UPDATE sessions SET ended_at = now(), ended_by = :reason"
            " WHERE user_id = :id AND ended_at IS NULL"
        ),
        {"id": user_id, "reason": reason},
    )
    return touched.rowcount


def still_good(ids: Collection[int]) -> set[int]:
    """Which of these sessions still admit, in one query."""
    rows = database.read(
        f"SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id"
        f" WHERE s.id = ANY(:ids) AND {_FIT}",
        ids=list(ids),
    )
    return {row["id"] for row in rows}


def touch(active: Collection[int], open_: Collection[int]) -> None:
    """Note who is at work and whose pages are open; called once a while for many at once."""
    if active or open_:
        database.execute(
            f"""
            UPDATE sessions s
            SET seen_at = CASE WHEN s.id = ANY(:active) THEN now() ELSE s.seen_at END,
                open_at = CASE WHEN s.id = ANY(:open) THEN now() ELSE s.open_at END
            WHERE s.id = ANY(:either) AND {LIVE}
            """,
            active=sorted(active),
            open=sorted(open_),
            either=sorted({*active, *open_}),
        )


def live(username: str | None = None) -> Sequence[RowMapping]:
    """Sessions that admit now, newest first, of one person or all."""
    return database.read(
        f"""
        SELECT s.id, u.username, u.name, u.role, s.method, s.created_at, s.seen_at, s.expires_at,
               s.address, s.agent
        FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE {_FIT} AND (CAST(:username AS text) IS NULL OR u.username = :username)
        ORDER BY s.id DESC
        """,
        username=username,
    )


def sweep() -> None:
    """Delete what nobody can use any more: old tickets, waits, sessions ended for 400 days."""
    calls.sweep()
    database.execute("DELETE FROM tickets WHERE expires_at < now() - interval '1 hour'")
    database.execute("DELETE FROM sign_in_waits WHERE changed_at < now() - interval '1 day'")
    database.execute(
        "DELETE FROM sessions WHERE greatest(expires_at, ended_at) < now() - interval '400 days'"
        " AND NOT EXISTS (SELECT 1 FROM tickets t WHERE t.session_id = sessions.id)"
    )
