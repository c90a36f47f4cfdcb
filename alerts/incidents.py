"""Incidents: one for each time an alert fires, from its first moment to its resolution."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from alerts import labels as label_sets
from alerts import outbox, quiet, routing
from config.settings import settings


@dataclass(frozen=True)
class Book:
    """What every change in one transaction needs, loaded once."""

    routes: routing.Book
    quiet: quiet.QuietBook
    wait: timedelta

    @classmethod
    def load(cls, opened: Connection, now: datetime) -> Book:
        """As it stands."""
        wait = timedelta(seconds=settings().alert_group_seconds)
        return cls(routing.load(opened, now), quiet.load(opened, now), wait)


@dataclass(frozen=True)
class Fired:
    """All that is known of an alert at the moment it fires. source and key: where it is from."""

    source: str
    rule_id: int | None
    rule_name: str
    labels: Mapping[str, str]
    severity: str
    active_since: datetime
    value: float | None = None
    threshold: float | None = None
    condition: str = ""
    description: str = ""
    runbook: str | None = None
    signal: str | None = None
    channels: tuple[str, ...] = ()
    repeat: timedelta = timedelta(hours=4)
    escalation: str | None = None
    ends_at: datetime | None = None
    muted: bool = False
    key: str = ""

    @property
    def fingerprint(self) -> str:
        """The alert's name for good."""
        return label_sets.fingerprint(f"{self.source}:{self.key}", self.labels)

    @property
    def group_key(self) -> str:
        """Alerts with the same key that change together are told together."""
        return self.labels.get("group") or self.rule_name


_OPEN = """
INSERT INTO alert_incidents
    (rule_id, rule_name, source, fingerprint, labels, severity, condition, description, runbook,
     signal, value, threshold, channels, group_key, repeat_s, escalation, active_since, fired_at,
     ends_at, next_notice_at, notices)
VALUES
    (:rule_id, :rule_name, :source, :fingerprint, CAST(:labels AS jsonb), :severity, :condition,
     :description, :runbook, :signal, :value, :threshold, CAST(:channels AS jsonb), :group_key,
     :repeat_s, :escalation, :active_since, :now, :ends_at, :next_notice_at, :notices)
ON CONFLICT (fingerprint) WHERE resolved_at IS NULL DO NOTHING
RETURNING id
"""


def fire(opened: Connection, fired: Fired, book: Book, now: datetime) -> int:
    """Open an incident and write its notifications; the one that is open already is left alone."""
    seen = label_sets.seen_by_matchers(fired.rule_name, fired.severity, fired.labels)
    audible = not fired.muted and book.quiet.why(seen, now) is None
    made = opened.execute(text(_OPEN), _row(fired, now, audible=audible)).scalar()
    if made is None:
        return int(
            opened.execute(
                text(
                    "SELECT id FROM alert_incidents "
                    "WHERE fingerprint = :fingerprint AND resolved_at IS NULL"
                ),
                {"fingerprint": fired.fingerprint},
            ).scalar_one()
        )
    if audible:
        outbox.write(
            opened,
            incident=made,
            event="trigger",
            channels=book.routes.told(fired.channels, now),
            group_key=fired.group_key,
            now=now,
            wait=book.wait,
            value=fired.value,
        )
    return int(made)


def _row(fired: Fired, now: datetime, *, audible: bool) -> dict[str, object]:
    """The parameters of _OPEN."""
    kept = ("rule_id", "rule_name", "fingerprint", "severity", "condition", "description",
            "runbook", "signal", "value", "threshold", "group_key", "escalation", "active_since",
            "ends_at")  # fmt: skip
    return {name: getattr(fired, name) for name in kept} | {
        "source": fired.source,
        "labels": label_sets.spell(fired.labels),
        "channels": json.dumps(fired.channels),
        "repeat_s": fired.repeat.total_seconds(),
        "now": now,
        "next_notice_at": now + fired.repeat if audible else now,
        "notices": int(audible),
    }


def resolve(
    opened: Connection, incident: int, book: Book, now: datetime, value: float | None = None
) -> bool:
    """Close an incident and tell the channels that heard of it; False when it was closed."""
    row = opened.execute(
        text(
            "UPDATE alert_incidents SET resolved_at = :now, next_notice_at = NULL "
            "WHERE id = :incident AND resolved_at IS NULL RETURNING group_key"
        ),
        {"now": now, "incident": incident},
    ).first()
    if row is None:
        return False
    outbox.write(
        opened,
        incident=incident,
        event="resolve",
        channels=outbox.told(opened, incident),
        group_key=row[0],
        now=now,
        wait=book.wait,
        value=value,
    )
    return True


def note(
    opened: Connection, incident: int, at: datetime, *, author: str, kind: str, body: str
) -> None:
    """Add a line to the incident's timeline."""
    opened.execute(
        text(
            "INSERT INTO alert_notes (incident_id, at, author, kind, body) "
            "VALUES (:incident, :at, :author, :kind, :body)"
        ),
        {"incident": incident, "at": at, "author": author, "kind": kind, "body": body},
    )
