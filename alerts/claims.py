"""What is due is claimed by one worker, in order, and its result is written down."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, RowMapping, text

from alerts import outbox, routing
from alerts.channels.config import Receipt
from alerts.channels.errors import DeliveryError
from data import database

LEASE = timedelta(minutes=3)
_MINUTE = timedelta(minutes=1)
_FIRST_WAIT = 10.0
_LONGEST_WAIT = 1800.0
_MOST_AT_ONCE = {"pagerduty": 20}
_WAITING = outbox.WAITING


@dataclass(frozen=True)
class Claim:
    """Notifications of one channel that go out as one message."""

    batch: UUID
    worker: str
    channel: RowMapping
    rows: Sequence[RowMapping]
    digest: bool
    until: datetime

    @property
    def rule(self) -> str | None:
        """The rule that all of it is about, None when there are several."""
        names = {row["rule_name"] for row in self.rows}
        return names.pop() if len(names) == 1 else None


def take(worker: str, now: datetime) -> Claim | None:
    """Claim the next message that is due; None when nothing is.

    The channel's row is locked while choosing, and a group with a message under way is left alone,
    so that a resolution never overtakes what it resolves.
    """
    passed: list[str] = []
    while True:
        with database.transaction() as opened:
            given = {"now": now, "passed": passed}
            channel = opened.execute(text(_NEXT_CHANNEL), given).mappings().first()
            if channel is None:
                return None
            claim = _claim(opened, channel, worker, now)
            if claim is not None:
                return claim
            passed.append(channel["name"])


_NEXT_CHANNEL = f"""
SELECT name, kind, fields, sealed, enabled, per_minute, sent_times, threads FROM alert_channels c
WHERE NOT name = ANY(:passed) AND EXISTS (
    SELECT 1 FROM alert_notifications n WHERE n.channel = c.name AND n.due_at <= :now
      AND {_WAITING} AND (n.claimed_until IS NULL OR n.claimed_until < :now)
      AND NOT EXISTS (
        SELECT 1 FROM alert_notifications b WHERE b.channel = n.channel
          AND b.group_key = n.group_key AND b.claimed_until >= :now AND {_WAITING}))
ORDER BY name FOR UPDATE OF c SKIP LOCKED LIMIT 1
"""
_HEAD = f"""
SELECT group_key, held FROM alert_notifications n
WHERE channel = :channel AND due_at <= :now AND {_WAITING}
  AND (claimed_until IS NULL OR claimed_until < :now)
  AND NOT EXISTS (
    SELECT 1 FROM alert_notifications b WHERE b.channel = n.channel
      AND b.group_key = n.group_key AND b.claimed_until >= :now AND b.sent_at IS NULL
      AND b.gave_up_at IS NULL AND b.dropped IS NULL)
ORDER BY due_at, id LIMIT 1
"""
_CLAIM = f"""
UPDATE alert_notifications n SET claimed_by = :worker, claimed_until = :until, batch = :batch,
    attempts = attempts + 1
WHERE id IN (
    SELECT id FROM alert_notifications n WHERE channel = :channel AND {_WAITING}
      AND (claimed_until IS NULL OR claimed_until < :now)
      AND (group_key = :group_key OR (:digest AND held AND NOT EXISTS (
        SELECT 1 FROM alert_notifications b WHERE b.channel = n.channel
          AND b.group_key = n.group_key AND b.claimed_until >= :now)))
    ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED)
RETURNING id
"""
_COUNT = """
UPDATE alert_channels SET sent_times = array_append(ARRAY(
    SELECT t FROM unnest(sent_times) AS u (t)
    WHERE t > CAST(:now AS timestamptz) - interval '1 minute'), :now)
WHERE name = :channel
"""
_ROWS = """
SELECT n.id, n.incident_id, n.event, n.occasion, n.group_key, n.value AS told_value, n.made_at,
       n.expires_at, n.attempts, n.channel, i.rule_id, i.rule_name, i.severity, i.labels,
       i.condition, i.description, i.runbook, i.signal, i.threshold, i.active_since, i.fired_at,
       i.resolved_at, i.acknowledged_by, i.fingerprint
FROM alert_notifications n JOIN alert_incidents i ON i.id = n.incident_id
WHERE n.batch = :batch AND n.claimed_by = :worker ORDER BY n.id
"""


def _claim(opened: Connection, channel: RowMapping, worker: str, now: datetime) -> Claim | None:
    """None when the channel is past its limit, or another worker was quicker."""
    sent = [at for at in channel["sent_times"] if now - _MINUTE < at <= now]
    if len(sent) >= channel["per_minute"]:
        _hold(opened, channel["name"], now)
        return None
    given: dict[str, Any] = {"channel": channel["name"], "now": now}
    head = opened.execute(text(_HEAD), given).mappings().first()
    if head is None:
        return None
    given |= {
        "group_key": head["group_key"],
        "digest": head["held"],
        "worker": worker,
        "until": now + LEASE,
        "batch": uuid4(),
        "most": _MOST_AT_ONCE.get(channel["kind"], 200),
    }
    opened.execute(text(_CLAIM), given)
    opened.execute(text(_COUNT), given)
    rows = opened.execute(text(_ROWS), given).mappings().all()
    if not rows:
        return None
    return Claim(given["batch"], worker, channel, rows, head["held"], given["until"])


def _hold(opened: Connection, channel: str, now: datetime) -> None:
    """Past its limit: what is due waits a minute and then goes as one digest."""
    opened.execute(
        text(
            "UPDATE alert_notifications SET held = true, due_at = CAST(:now AS timestamptz) + "
            f"interval '1 minute' WHERE channel = :channel AND due_at <= :now AND {_WAITING} "
            "AND (claimed_until IS NULL OR claimed_until < :now)"
        ),
        {"channel": channel, "now": now},
    )


def delivered(claim: Claim, receipt: Receipt, now: datetime) -> None:
    """Record a message that arrived."""
    with database.transaction() as opened:
        _set(opened, claim, "sent_at = :now, error = NULL", {"now": now})
        opened.execute(
            text(
                "UPDATE alert_channels SET last_at = :now, last_ok_at = :now, last_error = NULL, "
                "threads = CASE WHEN CAST(:thread AS text) IS NULL THEN threads "
                "ELSE threads || jsonb_build_object(CAST(:rule AS text), CAST(:thread AS text)) "
                "END WHERE name = :name"
            ),
            {
                "now": now,
                "thread": receipt.thread if claim.rule else None,
                "rule": claim.rule,
                "name": claim.channel["name"],
            },
        )


def failed(claim: Claim, error: DeliveryError, now: datetime) -> None:
    """Record a message that did not arrive: when to try again, or that it is given up."""
    attempts = max(row["attempts"] for row in claim.rows)
    retry = now + timedelta(seconds=wait_before(attempts, error.retry_after, random.random()))
    over = [row for row in claim.rows if error.permanent or retry > row["expires_at"]]
    reason = str(error) if error.permanent else f"{error} It was tried for 24 hours."
    with database.transaction() as opened:
        _set(
            opened,
            claim,
            "gave_up_at = CASE WHEN id = ANY(:over) THEN CAST(:now AS timestamptz) END, "
            "error = CASE WHEN id = ANY(:over) THEN :reason ELSE :error END, "
            "due_at = :retry, claimed_by = NULL, claimed_until = NULL",
            {
                "over": [row["id"] for row in over],
                "now": now,
                "reason": reason,
                "error": str(error),
                "retry": retry,
            },
        )
        _fall_back(opened, claim.channel["name"], over, now)
        opened.execute(
            text("UPDATE alert_channels SET last_at = :now, last_error = :error WHERE name = :n"),
            {"now": now, "error": str(error), "n": claim.channel["name"]},
        )


def wait_before(attempts: int, retry_after: float | None, chance: float) -> float:
    """Seconds before the next attempt: doubling from 10 s to 30 min, ±50 % by `chance` of [0, 1).

    What the receiver asks for is the least.
    """
    planned: float = min(_FIRST_WAIT * 2.0 ** min(attempts - 1, 20), _LONGEST_WAIT)
    return max(planned * (0.5 + chance), retry_after or 0.0)


def _set(opened: Connection, claim: Claim, what: str, given: dict[str, Any]) -> None:
    opened.execute(
        text(
            f"UPDATE alert_notifications SET {what} WHERE batch = :batch AND claimed_by = :worker"
        ),
        {**given, "batch": claim.batch, "worker": claim.worker},
    )


def _fall_back(opened: Connection, name: str, rows: Sequence[RowMapping], now: datetime) -> None:
    """Give each notification to the next channel in the list that did not have it yet."""
    book = routing.load(opened, now) if rows else None
    for row in rows:
        spent = opened.execute(
            text(
                "SELECT channel FROM alert_notifications WHERE incident_id = :incident "
                "AND event = :event AND occasion = :occasion"
            ),
            {"incident": row["incident_id"], "event": row["event"], "occasion": row["occasion"]},
        )
        following = book and book.after(name, [entry[0] for entry in spent])
        if following:
            notice = outbox.Notice(
                row["incident_id"], [following], row["group_key"], row["told_value"],
                row["occasion"],
            )  # fmt: skip
            outbox.write(opened, row["event"], [notice], now, timedelta(0), fallback_of=name)


def drop_orphans(now: datetime) -> None:
    """Give up what waits for a channel that was removed or switched off, visibly."""
    database.execute(
        f"UPDATE alert_notifications n SET gave_up_at = :now, error = 'The channel was removed or "
        f"switched off.' WHERE {_WAITING} AND due_at <= :now AND NOT EXISTS "
        "(SELECT 1 FROM alert_channels c WHERE c.name = n.channel AND c.enabled)",
        now=now,
    )
