"""Incidents: one for each time an alert fires, from its first moment to its resolution."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from alerts import arrays, outbox, quiet, routing
from alerts import labels as label_sets
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
SELECT rule_id, rule_name, source, fingerprint, labels::jsonb, severity, condition, description,
    runbook, signal, value, threshold, channels::jsonb, group_key, repeat_s, escalation,
    active_since, :now, ends_at, next_notice_at, notices
FROM unnest(CAST(:rule_id AS bigint[]), CAST(:rule_name AS text[]), CAST(:source AS text[]),
    CAST(:fingerprint AS text[]), CAST(:labels AS text[]), CAST(:severity AS text[]),
    CAST(:condition AS text[]), CAST(:description AS text[]), CAST(:runbook AS text[]),
    CAST(:signal AS text[]), CAST(:value AS float8[]), CAST(:threshold AS float8[]),
    CAST(:channels AS text[]), CAST(:group_key AS text[]), CAST(:repeat_s AS float8[]),
    CAST(:escalation AS text[]), CAST(:active_since AS timestamptz[]),
    CAST(:ends_at AS timestamptz[]), CAST(:next_notice_at AS timestamptz[]),
    CAST(:notices AS integer[])) WITH ORDINALITY
    AS given (rule_id, rule_name, source, fingerprint, labels, severity, condition, description,
    runbook, signal, value, threshold, channels, group_key, repeat_s, escalation, active_since,
    ends_at, next_notice_at, notices, place)
ORDER BY place
ON CONFLICT (fingerprint) WHERE resolved_at IS NULL DO NOTHING
RETURNING fingerprint, id
"""
_OPENED = """
SELECT fingerprint, id FROM alert_incidents
WHERE fingerprint = ANY(CAST(:names AS text[])) AND resolved_at IS NULL
"""


def fire(opened: Connection, alerts: Sequence[Fired], book: Book, now: datetime) -> list[int]:
    """The incident of each alert; one that is open already is left alone, a new one is told."""
    if not alerts:
        return []
    names = [fired.fingerprint for fired in alerts]
    audible = [_audible(fired, book, now) for fired in alerts]
    made = _open(opened, alerts, names, audible, now)
    told: dict[int, Fired] = {}
    for fired, name, loud in zip(alerts, names, audible, strict=True):
        if loud and name in made:
            told.setdefault(made[name], fired)
    _tell(opened, told, book, now)
    missing = [name for name in names if name not in made]
    if missing:
        found = opened.execute(text(_OPENED), {"names": arrays.column(missing)}).all()
        made |= {name: incident for name, incident in found}
    return [made[name] for name in names]


def _audible(fired: Fired, book: Book, now: datetime) -> bool:
    seen = label_sets.seen_by_matchers(fired.rule_name, fired.severity, fired.labels)
    return not fired.muted and book.quiet.why(seen, now) is None


def _open(
    opened: Connection,
    alerts: Sequence[Fired],
    names: Sequence[str],
    audible: Sequence[bool],
    now: datetime,
) -> dict[str, int]:
    """The incidents that were made, by fingerprint."""
    kept = ("rule_id", "rule_name", "source", "severity", "condition", "description", "runbook",
            "signal", "value", "threshold", "group_key", "escalation", "active_since",
            "ends_at")  # fmt: skip
    next_notices = (
        now + fired.repeat if loud else now for fired, loud in zip(alerts, audible, strict=True)
    )
    columns = {name: arrays.column(getattr(fired, name) for fired in alerts) for name in kept} | {
        "fingerprint": arrays.column(names),
        "labels": arrays.column(label_sets.spell(fired.labels) for fired in alerts),
        "channels": arrays.column(json.dumps(fired.channels) for fired in alerts),
        "repeat_s": arrays.column(fired.repeat.total_seconds() for fired in alerts),
        "next_notice_at": arrays.column(next_notices),
        "notices": arrays.column(int(loud) for loud in audible),
    }
    made = opened.execute(text(_OPEN), {**columns, "now": now}).all()
    return {name: incident for name, incident in made}


def _tell(opened: Connection, made: Mapping[int, Fired], book: Book, now: datetime) -> None:
    routes = {
        channels: book.routes.told(channels, now)
        for channels in {fired.channels for fired in made.values()}
    }
    notices = [
        outbox.Notice(incident, routes[fired.channels], fired.group_key, fired.value)
        for incident, fired in made.items()
    ]
    outbox.write(opened, "trigger", notices, now, book.wait)


_CLOSE = """
UPDATE alert_incidents SET resolved_at = :now, next_notice_at = NULL
WHERE id = ANY(CAST(:ids AS bigint[])) AND resolved_at IS NULL RETURNING id, group_key
"""


def resolve(
    opened: Connection, ended: Mapping[int, float | None], book: Book, now: datetime
) -> None:
    """Close incidents, given with their last value, and tell the channels that heard of them."""
    if not ended:
        return
    given = {"now": now, "ids": arrays.column(ended)}
    closed = {incident: group for incident, group in opened.execute(text(_CLOSE), given)}
    told = outbox.told(opened, closed)
    notices = [
        outbox.Notice(incident, told[incident], closed[incident], ended[incident])
        for incident in ended
        if incident in closed and incident in told
    ]
    outbox.write(opened, "resolve", notices, now, book.wait)


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
