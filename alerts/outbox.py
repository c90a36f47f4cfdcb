"""Notifications are written down here, in the transaction of the change they tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from alerts import arrays

_KEPT_TRYING = timedelta(hours=24)
WAITING = "sent_at IS NULL AND gave_up_at IS NULL AND dropped IS NULL"
_WRITE = f"""
INSERT INTO alert_notifications
    (incident_id, channel, event, occasion, group_key, value, made_at, due_at, expires_at,
     fallback_of)
SELECT given.incident, given.channel, :event, given.occasion, given.group_key, given.value, :now,
    coalesce(waiting.due_at, :due), :expires, CAST(:fallback_of AS text)
FROM unnest(CAST(:incidents AS bigint[]), CAST(:channels AS text[]), CAST(:occasions AS integer[]),
    CAST(:group_keys AS text[]), CAST(:values AS float8[])) WITH ORDINALITY
    AS given (incident, channel, occasion, group_key, value, place)
LEFT JOIN (
    SELECT channel, group_key, min(due_at) AS due_at FROM alert_notifications
    WHERE attempts = 0 AND due_at >= :now AND due_at <= :due AND {WAITING}
    GROUP BY channel, group_key
) AS waiting ON waiting.channel = given.channel AND waiting.group_key = given.group_key
ORDER BY given.place
ON CONFLICT (incident_id, channel, event, occasion) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the channels are told of one incident."""

    incident: int
    channels: Sequence[str]
    group_key: str
    value: float | None = None
    occasion: int = 0


def write(
    opened: Connection,
    event: str,
    notices: Iterable[Notice],
    now: datetime,
    wait: timedelta,
    *,
    fallback_of: str | None = None,
) -> None:
    """One notification a channel, due `wait` from now, or with those of its group that wait.

    Written once for an incident, channel, event and occasion, however often it is called.
    """
    rows = [(one, channel) for one in notices for channel in one.channels]
    if not rows:
        return
    given = {
        "event": event, "now": now, "due": now + wait, "expires": now + _KEPT_TRYING,
        "fallback_of": fallback_of,
        "incidents": arrays.column(one.incident for one, _ in rows),
        "channels": arrays.column(channel for _, channel in rows),
        "occasions": arrays.column(one.occasion for one, _ in rows),
        "group_keys": arrays.column(one.group_key for one, _ in rows),
        "values": arrays.column(one.value for one, _ in rows),
    }  # fmt: skip
    opened.execute(text(_WRITE), given)


def told(opened: Connection, incidents: Iterable[int]) -> dict[int, list[str]]:
    """By incident, the channels that were told, or are being told, that it fires."""
    rows = opened.execute(
        text(
            "SELECT DISTINCT incident_id, channel FROM alert_notifications "
            "WHERE incident_id = ANY(CAST(:incidents AS bigint[])) "
            "AND event IN ('trigger', 'repeat', 'escalate') "
            "AND gave_up_at IS NULL AND dropped IS NULL ORDER BY incident_id, channel"
        ),
        {"incidents": arrays.column(incidents)},
    )
    found: dict[int, list[str]] = defaultdict(list)
    for incident, channel in rows:
        found[incident].append(channel)
    return found
