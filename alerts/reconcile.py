"""After an outage: what was told from memory becomes an incident like every other."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from alerts import incidents, outbox
from alerts import labels as label_sets
from data import database


def fingerprint(fired_at: str) -> str:
    """The name of one outage, known to who told of it and to who writes it down."""
    return label_sets.fingerprint("outage", {"fired_at": fired_at})


def catch_up(spool: dict[str, Any], rule_name: str, now: datetime) -> int | None:
    """Write the outage down with what was told, and tell its end; None when that was done before.

    The incident takes its fingerprint from the dedup key, so that PagerDuty's incident is the one
    that is resolved.
    """
    fired_at = datetime.fromisoformat(spool["fired_at"])
    name = fingerprint(spool["fired_at"])
    with database.transaction() as opened:
        if opened.execute(
            text("SELECT 1 FROM alert_incidents WHERE fingerprint = :f"), {"f": name}
        ).first():
            return None
        incident = _incident(opened, spool, rule_name, name, fired_at)
        for channel, told in spool["told"].items():
            _told(opened, incident, channel, told, fired_at)
        book = incidents.Book.load(opened, now)
        incidents.resolve(opened, {incident: 1.0}, book, now)
        _change(opened, incident, fired_at, ("pending", "firing"), 0.0)
        _change(opened, incident, now, ("firing", "inactive"), 1.0)
    return incident


def _incident(
    opened: Connection, spool: dict[str, Any], rule_name: str, name: str, fired_at: datetime
) -> int:
    return int(
        opened.execute(
            text(
                "INSERT INTO alert_incidents (rule_id, rule_name, source, fingerprint, labels, "
                "severity, condition, description, signal, value, threshold, group_key, repeat_s, "
                "active_since, fired_at, notices) SELECT r.id, :rule, 'outage', :fingerprint, "
                "'{}', 'critical', 'no answer', 'PostgreSQL did not answer.', "
                "'database.reachable', 0, 1, :rule, 14400, :since, :fired, 1 "
                "FROM (SELECT 1) one LEFT JOIN alert_rules r ON r.name = :rule RETURNING id"
            ),
            {
                "rule": rule_name,
                "fingerprint": name,
                "since": datetime.fromisoformat(spool["active_since"]),
                "fired": fired_at,
            },
        ).scalar_one()
    )


_RESULT = """
UPDATE alert_notifications SET sent_at = CAST(:sent AS timestamptz), error = :error,
    attempts = :attempts, gave_up_at = CASE WHEN :gave_up THEN CAST(:fired AS timestamptz) END
WHERE incident_id = :incident AND channel = :channel
"""


def _told(
    opened: Connection, incident: int, channel: str, told: dict[str, Any], fired_at: datetime
) -> None:
    """What was sent, refused, or still waits; the last kind is sent by the ordinary way."""
    notice = outbox.Notice(incident, [channel], f"outage {incident}", 0.0)
    outbox.write(opened, "trigger", [notice], fired_at, timedelta(0))
    opened.execute(
        text(_RESULT),
        {
            "sent": told["sent_at"],
            "error": told["error"],
            "attempts": told["attempts"],
            "gave_up": told["gave_up"],
            "fired": fired_at,
            "incident": incident,
            "channel": channel,
        },
    )


def _change(
    opened: Connection, incident: int, at: datetime, states: tuple[str, str], value: float
) -> None:
    opened.execute(
        text(
            "INSERT INTO alert_changes (rule_id, incident_id, labels, at, from_state, to_state, "
            "reason, value) SELECT rule_id, id, labels, :at, :before, :after, "
            "'judged without the database', :value FROM alert_incidents WHERE id = :incident"
        ),
        {"at": at, "before": states[0], "after": states[1], "value": value, "incident": incident},
    )
