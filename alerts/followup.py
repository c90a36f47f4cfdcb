"""What goes on while alerts fire: late first notices, repeats, escalation, ends by time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, text

from alerts import incidents, outbox
from alerts import labels as label_sets
from data import database

_OPEN = """
SELECT i.id, i.rule_name, i.severity, i.labels, i.channels, i.group_key, i.repeat_s, i.escalation,
       i.escalation_step, i.fired_at, i.next_notice_at, i.notices, s.value
FROM alert_incidents i
LEFT JOIN alert_rules r ON r.id = i.rule_id
LEFT JOIN alert_states s ON s.incident_id = i.id
WHERE i.resolved_at IS NULL AND i.acknowledged_at IS NULL
  AND (i.snoozed_until IS NULL OR i.snoozed_until <= :now)
  AND (r.muted_until IS NULL OR r.muted_until <= :now)
  AND (i.next_notice_at <= :now OR i.escalation IS NOT NULL)
ORDER BY i.id FOR UPDATE OF i SKIP LOCKED
"""


def tick(now: datetime) -> int:
    """Write the notices that are due; returns how many incidents got one."""
    with database.transaction() as opened:
        rows = opened.execute(text(_OPEN), {"now": now}).mappings().all()
        ended = opened.execute(
            text(
                "SELECT id FROM alert_incidents WHERE resolved_at IS NULL AND ends_at <= :now "
                "FOR UPDATE SKIP LOCKED"
            ),
            {"now": now},
        ).all()
        if not rows and not ended:
            return 0
        book = incidents.Book.load(opened, now)
        incidents.resolve(opened, {incident: None for (incident,) in ended}, book, now)
        gone = {incident for (incident,) in ended}
        return sum(_one(opened, row, book, now) for row in rows if row["id"] not in gone)


def _one(opened: Connection, row: RowMapping, book: incidents.Book, now: datetime) -> bool:
    seen = label_sets.seen_by_matchers(row["rule_name"], row["severity"], row["labels"])
    if book.quiet.why(seen, now) is not None:
        return False
    noticed = row["next_notice_at"] is not None and row["next_notice_at"] <= now
    if noticed:
        _notice(opened, row, book, now)
    return _escalate(opened, row, book, now) or noticed


def _notice(opened: Connection, row: RowMapping, book: incidents.Book, now: datetime) -> None:
    first = row["notices"] == 0
    channels = book.routes.told(row["channels"], now)
    notice = outbox.Notice(row["id"], channels, row["group_key"], row["value"], row["notices"])
    outbox.write(opened, "trigger" if first else "repeat", [notice], now, book.wait)
    opened.execute(
        text(
            "UPDATE alert_incidents SET notices = notices + 1, next_notice_at = :next "
            "WHERE id = :incident"
        ),
        {"next": now + timedelta(seconds=row["repeat_s"]), "incident": row["id"]},
    )


def _escalate(opened: Connection, row: RowMapping, book: incidents.Book, now: datetime) -> bool:
    """The next step of the policy, when it is due; a step without anyone to tell is passed over."""
    after, channels = book.routes.step(row["escalation"], row["escalation_step"], now)
    if after == timedelta.max or row["fired_at"] + after > now:
        return False
    notice = outbox.Notice(
        row["id"], channels, row["group_key"], row["value"], row["escalation_step"]
    )
    outbox.write(opened, "escalate", [notice], now, timedelta(0))
    step = row["escalation_step"] + 1
    opened.execute(
        text("UPDATE alert_incidents SET escalation_step = :step WHERE id = :incident"),
        {"step": step, "incident": row["id"]},
    )
    body = f"Step {step}: {', '.join(channels) or 'nobody to tell'}"
    incidents.note(opened, row["id"], now, author="Sentia", kind="escalate", body=body)
    return True
