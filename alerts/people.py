"""What people do about alerts: acknowledge, note, snooze, silence, plan maintenance."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import text

from alerts import incidents, outbox, quiet
from alerts.labels import Matcher
from data import company, database

_LONGEST_TEXT = 2000


class Refused(Exception):
    """What cannot be done; its text is one sentence."""


_ACKNOWLEDGE = """
UPDATE alert_incidents SET acknowledged_at = :now, acknowledged_by = :author, next_notice_at = NULL
WHERE id = ANY(:ids) AND resolved_at IS NULL AND acknowledged_at IS NULL
RETURNING id, group_key, value
"""


def acknowledge(ids: Iterable[int], author: str, body: str, now: datetime) -> int:
    """Take alerts on: repeats and escalation stop, the channels that heard of them are told.

    Returns how many were firing and not acknowledged yet.
    """
    with database.transaction() as opened:
        rows = opened.execute(
            text(_ACKNOWLEDGE),
            {"now": now, "author": author, "ids": list(ids)},
        ).all()
        book = incidents.Book.load(opened, now)
        told = outbox.told(opened, [incident for incident, *_ in rows])
        for incident, *_ in rows:
            incidents.note(
                opened, incident, now, author=author, kind="acknowledge", body=_short(body)
            )
        notices = [
            outbox.Notice(incident, told.get(incident, []), group_key, value)
            for incident, group_key, value in rows
        ]
        outbox.write(opened, "acknowledge", notices, now, book.wait)
    return len(rows)


def release(ids: Iterable[int], author: str, now: datetime) -> int:
    """Take an acknowledgement back: repeats go on from now."""
    with database.transaction() as opened:
        rows = opened.execute(
            text(
                "UPDATE alert_incidents SET acknowledged_at = NULL, acknowledged_by = NULL, "
                "next_notice_at = :now WHERE id = ANY(:ids) AND resolved_at IS NULL "
                "AND acknowledged_at IS NOT NULL RETURNING id"
            ),
            {"now": now, "ids": list(ids)},
        ).all()
        for (incident,) in rows:
            incidents.note(opened, incident, now, author=author, kind="release", body="")
    return len(rows)


def note(incident: int, author: str, body: str, now: datetime) -> None:
    """Write something down about an alert. Raises Refused."""
    if not body.strip():
        raise Refused("A note needs words.")
    with database.transaction() as opened:
        incidents.note(opened, incident, now, author=author, kind="note", body=_short(body))


def snooze(ids: Iterable[int], until: datetime, author: str, now: datetime) -> int:
    """Say nothing more about these alerts until then, unless they resolve. Raises Refused."""
    if until <= now:
        raise Refused("A snooze must end in the future.")
    with database.transaction() as opened:
        rows = opened.execute(
            text(
                "UPDATE alert_incidents SET snoozed_until = :until, next_notice_at = :until "
                "WHERE id = ANY(:ids) AND resolved_at IS NULL RETURNING id"
            ),
            {"until": until, "ids": list(ids)},
        ).all()
        for (incident,) in rows:
            body = f"until {until.astimezone(company.zone()):%Y-%m-%d %H:%M}"
            incidents.note(opened, incident, now, author=author, kind="snooze", body=body)
    return len(rows)


def wake(ids: Iterable[int], author: str, now: datetime) -> int:
    """End a snooze: what still fires and nobody has is told again from now on."""
    with database.transaction() as opened:
        rows = opened.execute(
            text(
                "UPDATE alert_incidents SET snoozed_until = NULL, next_notice_at = CASE WHEN "
                "acknowledged_at IS NULL THEN CAST(:now AS timestamptz) END "
                "WHERE id = ANY(:ids) AND resolved_at IS NULL AND snoozed_until > :now RETURNING id"
            ),
            {"now": now, "ids": list(ids)},
        ).all()
        for (incident,) in rows:
            incidents.note(opened, incident, now, author=author, kind="wake", body="")
    return len(rows)


_SILENCE = """
INSERT INTO alert_silences (matchers, starts_at, ends_at, reason, author, made_at)
VALUES (CAST(:matchers AS jsonb), :starts, :ends, :reason, :author, now()) RETURNING id
"""
_SAME_SILENCE = """
SELECT id FROM alert_silences
WHERE matchers = CAST(:matchers AS jsonb) AND reason = :reason AND author = :author
  AND ends_at > now() AND made_at > now() - interval '5 seconds'
  AND ends_at BETWEEN CAST(:ends AS timestamptz) - interval '5 seconds'
                  AND CAST(:ends AS timestamptz) + interval '5 seconds'
"""


def silence(
    matchers: Sequence[Matcher], starts: datetime, ends: datetime, reason: str, author: str
) -> int:
    """Keep every alert that matches from telling; returns the silence's id. Raises Refused."""
    return silence_each([matchers], starts, ends, reason, author)[0]


def silence_each(
    several: Sequence[Sequence[Matcher]],
    starts: datetime,
    ends: datetime,
    reason: str,
    author: str,
) -> list[int]:
    """One silence for each, all or none; returns their ids. Raises Refused."""
    if ends <= starts:
        raise Refused("A silence must end after it starts.")
    if ends - starts > timedelta(days=366):
        raise Refused("A silence lasts at most a year; mute or switch off the rule instead.")
    if not reason.strip():
        raise Refused("A silence needs a reason.")
    if not all(several):
        raise Refused("A silence needs at least one matcher.")
    given = {"starts": starts, "ends": ends, "reason": _short(reason), "author": author}
    return _insert_once(
        "alert_silences",
        _SAME_SILENCE,
        _SILENCE,
        [given | {"matchers": json.dumps(quiet.stored(matchers))} for matchers in several],
    )


def end_silence(silence_id: int, now: datetime) -> bool:
    """End a silence now; False when it was over."""
    return bool(
        database.execute(
            "UPDATE alert_silences SET ends_at = greatest(:now, starts_at + interval '1 ms') "
            "WHERE id = :id AND ends_at > :now",
            id=silence_id,
            now=now,
        )
    )


def _require_length(minutes: int, first_day: date, last_day: date | None) -> None:
    if not 1 <= minutes <= 10080:
        raise Refused("A maintenance window lasts from a minute to a week.")
    if last_day is not None and last_day < first_day:
        raise Refused("The last day lies before the first.")


_PLAN = """
INSERT INTO alert_windows (name, matchers, first_day, last_day, starts, minutes, repeats, weekdays,
    reason, author, made_at)
VALUES (:name, CAST(:matchers AS jsonb), :first_day, :last_day, :starts, :minutes, :repeats,
    :weekdays, :reason, :author, now()) RETURNING id
"""
_SAME_PLAN = """
SELECT id FROM alert_windows
WHERE name = :name AND matchers = CAST(:matchers AS jsonb) AND first_day = :first_day
  AND last_day IS NOT DISTINCT FROM CAST(:last_day AS date) AND starts = :starts
  AND minutes = :minutes AND repeats = :repeats AND weekdays = CAST(:weekdays AS integer[])
  AND author = :author AND made_at > now() - interval '5 seconds'
"""


def plan_window(
    name: str,
    matchers: Sequence[Matcher],
    *,
    first_day: date,
    starts: time,
    minutes: int,
    repeats: quiet.Repeats,
    weekdays: Sequence[int] = (),
    last_day: date | None = None,
    reason: str,
    author: str,
) -> int:
    """Plan maintenance in the company's zone; returns its id. Raises Refused."""
    if not name.strip() or not reason.strip() or not matchers:
        raise Refused("A maintenance window needs a name, a reason and a matcher.")
    _require_length(minutes, first_day, last_day)
    given = {
        "name": name.strip(),
        "matchers": json.dumps(quiet.stored(matchers)),
        "first_day": first_day,
        "last_day": last_day,
        "starts": starts,
        "minutes": minutes,
        "repeats": repeats,
        "weekdays": sorted(set(weekdays)),
        "reason": _short(reason),
        "author": author,
    }
    return _insert_once("alert_windows", _SAME_PLAN, _PLAN, [given])[0]


def remove_window(window: int) -> bool:
    """Forget a maintenance window; False when it was gone."""
    return bool(database.execute("DELETE FROM alert_windows WHERE id = :id", id=window))


def _insert_once(
    table: str, same: str, statement: str, rows: Iterable[Mapping[str, object]]
) -> list[int]:
    """A second click within five seconds finds what the first one made."""
    with database.transaction() as opened:
        opened.execute(text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
        return [
            int(
                opened.execute(text(same), row).scalar()
                or opened.execute(text(statement), row).scalar_one()
            )
            for row in rows
        ]


def _short(body: str) -> str:
    return body.strip()[:_LONGEST_TEXT]
