"""Notifications are written down here, in the transaction of the change they tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

_KEPT_TRYING = timedelta(hours=24)
WAITING = "sent_at IS NULL AND gave_up_at IS NULL AND dropped IS NULL"
_WRITE = f"""
INSERT INTO alert_notifications
    (incident_id, channel, event, occasion, group_key, value, made_at, due_at, expires_at,
     fallback_of)
SELECT :incident, channel, :event, :occasion, :group_key, :value, :now,
    coalesce(
        (SELECT min(due_at) FROM alert_notifications w
         WHERE w.channel = given.channel AND w.group_key = :group_key AND w.attempts = 0
           AND w.due_at >= :now AND w.due_at <= :due AND {WAITING}),
        :due),
    :expires, CAST(:fallback_of AS text)
FROM unnest(CAST(:channels AS text[])) AS given (channel)
ON CONFLICT (incident_id, channel, event, occasion) DO NOTHING
"""


def write(
    opened: Connection,
    *,
    incident: int,
    event: str,
    channels: Iterable[str],
    group_key: str,
    now: datetime,
    wait: timedelta,
    occasion: int = 0,
    value: float | None = None,
    fallback_of: str | None = None,
) -> None:
    """One notification a channel, due `wait` from now, or with those of its group that wait.

    Written once for an incident, channel, event and occasion, however often it is called.
    """
    given = {
        "incident": incident, "event": event, "occasion": occasion, "group_key": group_key,
        "value": value, "now": now, "due": now + wait, "expires": now + _KEPT_TRYING,
        "fallback_of": fallback_of, "channels": list(channels),
    }  # fmt: skip
    opened.execute(text(_WRITE), given)


def told(opened: Connection, incident: int) -> list[str]:
    """Channels that were told, or are being told, that the incident fires."""
    rows = opened.execute(
        text(
            "SELECT DISTINCT channel FROM alert_notifications WHERE incident_id = :incident "
            "AND event IN ('trigger', 'repeat', 'escalate') "
            "AND gave_up_at IS NULL AND dropped IS NULL ORDER BY channel"
        ),
        {"incident": incident},
    )
    return [row[0] for row in rows]
