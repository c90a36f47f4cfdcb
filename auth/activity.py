"""Which pages people open and how long they stay, written in batches off the page's path."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from auth.person import Person
from config.settings import settings
from data import company, database

# Longer than this on one page is a screen left on, not somebody reading.
_LONGEST_STAY_S = 1800.0
_MOST_WAITING = 50_000


@dataclass
class View:
    """One page opened in one tab."""

    id: int
    at: datetime
    user_id: int | None
    session_id: int | None
    page: str
    run_ms: float
    stayed_s: float | None = None


_lock = threading.Lock()
_open: dict[str, View] = {}
_begun: list[View] = []
_ended: list[View] = []


def note(tab: str, person: Person, page: str, run_ms: float) -> None:
    """A run of the script for a page: a view when the tab shows another page than before."""
    if settings().sentia_activity == "off":
        return
    current = _open.get(tab)
    if current is not None and current.page == page:
        return
    named = settings().sentia_activity == "named"
    now = datetime.now(UTC)
    view = View(
        secrets.randbits(62), now, person.id if named else None,
        person.session_id if named else None, page, run_ms,
    )  # fmt: skip
    with _lock:
        _end(tab, now)
        _open[tab] = view
        if len(_begun) < _MOST_WAITING:
            _begun.append(view)


def left(tab: str) -> None:
    """The tab was closed."""
    with _lock:
        _end(tab, datetime.now(UTC))


def _end(tab: str, now: datetime) -> None:
    view = _open.pop(tab, None)
    if view is not None and len(_ended) < _MOST_WAITING:
        view.stayed_s = min(_LONGEST_STAY_S, (now - view.at).total_seconds())
        _ended.append(view)


def flush() -> None:
    """Write what has gathered; what could not be written waits for the next time."""
    with _lock:
        begun, ended = _begun[:], _ended[:]
        del _begun[:], _ended[:]
    if not begun and not ended:
        return
    try:
        _write(begun, ended)
    except Exception:
        with _lock:
            _begun[:0], _ended[:0] = begun, ended
        raise


def _write(begun: list[View], ended: list[View]) -> None:
    with database.transaction() as opened:
        if begun:
            opened.execute(text(_BEGIN), [_row(view) for view in begun])
            opened.execute(text(_COUNT), [_row(view) for view in begun])
            opened.execute(text(_HOUR), [{"at": view.at} for view in begun])
        if ended:
            opened.execute(text(_END), [_row(view) for view in ended])
            opened.execute(text(_STAY), [_row(view) for view in ended])


def _row(view: View) -> dict[str, Any]:
    return {
        "id": view.id,
        "at": view.at,
        "day": company.today(view.at),
        "user_id": view.user_id,
        "session_id": view.session_id,
        "page": view.page,
        "run_ms": view.run_ms,
        "stayed_s": view.stayed_s,
    }


_BEGIN = """
    INSERT INTO page_views (id, at, user_id, session_id, page, run_ms)
    VALUES (:id, :at, :user_id, :session_id, :page, :run_ms)
"""
_COUNT = """
    INSERT INTO page_views_daily AS d (day, user_id, page, views, run_ms, slowest_ms)
    VALUES (:day, coalesce(:user_id, 0), :page, 1, :run_ms, :run_ms)
    ON CONFLICT (day, user_id, page) DO UPDATE
    SET views = d.views + 1, run_ms = d.run_ms + excluded.run_ms,
        slowest_ms = greatest(d.slowest_ms, excluded.slowest_ms)
"""
_HOUR = """
    INSERT INTO page_views_hourly AS h (hour, views) VALUES (date_trunc('hour', :at), 1)
    ON CONFLICT (hour) DO UPDATE SET views = h.views + 1
"""
_END = "UPDATE page_views SET stayed_s = :stayed_s WHERE id = :id"
_STAY = """
    UPDATE page_views_daily SET stayed_s = stayed_s + :stayed_s, stays = stays + 1
    WHERE day = :day AND user_id = coalesce(:user_id, 0) AND page = :page
"""


def sweep() -> None:
    """Delete page views older than the setting allows."""
    days = settings().sentia_activity_days
    for table, column in (
        ("page_views", "at"),
        ("page_views_daily", "day"),
        ("page_views_hourly", "hour"),
    ):
        database.execute(
            f"DELETE FROM {table} WHERE {column} < now() - make_interval(days => :days)", days=days
        )
