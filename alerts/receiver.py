"""Alerts of other systems, as Alertmanager's API v2 takes them, into the same life as our own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from alerts import incidents
from alerts.rules import SEVERITIES
from data import database

_SOURCE = "alertmanager"
_STAYS = timedelta(minutes=5)
MOST = 1000
_AGES = timedelta(days=3650)
_LONGEST = 2000


class NotReceived(ValueError):
    """A batch that is refused whole; its text is one sentence."""


@dataclass(frozen=True)
class Received:
    """One posted alert. An end that has passed resolves it; without one it lasts 5 minutes."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    generator_url: str = ""


def parse(posted: Any) -> list[Received]:
    """The alerts of a `POST /api/v2/alerts` body. Raises NotReceived."""
    if not isinstance(posted, list) or not all(isinstance(one, dict) for one in posted):
        raise NotReceived("The body must be a list of alerts, each an object with labels.")
    if len(posted) > MOST:
        raise NotReceived(f"At most {MOST} alerts are taken at once.")
    return [_parsed(one, number) for number, one in enumerate(posted, start=1)]


def _parsed(one: dict[str, Any], number: int) -> Received:
    labels, notes = one.get("labels"), one.get("annotations") or {}
    for what, mapping in (("labels", labels), ("annotations", notes)):
        if not isinstance(mapping, dict) or not all(
            isinstance(value, str) and len(value) <= _LONGEST and "\0" not in name + value
            for name, value in mapping.items()
        ):
            raise NotReceived(f"Alert {number}: {what} must be an object of short texts.")
    if not labels or not labels.get("alertname"):
        raise NotReceived(f'Alert {number} needs the label "alertname".')
    return Received(
        {name: value for name, value in labels.items() if value},
        notes,
        _instant(one.get("startsAt"), number),
        _instant(one.get("endsAt"), number),
        str(one.get("generatorURL") or "")[:_LONGEST],
    )


def _instant(given: Any, number: int) -> datetime | None:
    """An RFC 3339 instant; Go's zero time stands for none."""
    if not given or str(given).startswith("0001-"):
        return None
    try:
        at = datetime.fromisoformat(str(given))
    except ValueError:
        raise NotReceived(f'Alert {number}: "{given}" is not an RFC 3339 instant.') from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def receive(batch: Iterable[Received], now: datetime) -> int:
    """Fire, refresh or resolve each; returns how many fire now."""
    firing = 0
    with database.transaction() as opened:
        book = incidents.Book.load(opened, now)
        for one in sorted(batch, key=_place):  # two that post the same never wait for each other
            ends = min(one.ends_at or now + _STAYS, now + _AGES)
            if ends <= now:
                _resolve(opened, one, book, now)
            else:
                (incident,) = incidents.fire(opened, [_fired(one, ends, now)], book, now)
                _refresh(opened, incident, ends)
                firing += 1
    return firing


def _place(one: Received) -> list[tuple[str, str]]:
    return sorted(one.labels.items())


def _fired(one: Received, ends: datetime, now: datetime) -> incidents.Fired:
    severity = one.labels.get("severity", "warning")
    return incidents.Fired(
        source=_SOURCE,
        rule_id=None,
        rule_name=one.labels["alertname"][:120],
        labels={name: text for name, text in one.labels.items() if name != "alertname"},
        severity=severity if severity in SEVERITIES else "warning",
        active_since=max(min(one.starts_at or now, now), now - _AGES),
        condition="received from another system",
        description=one.annotations.get("summary") or one.annotations.get("description", ""),
        runbook=one.annotations.get("runbook_url") or one.generator_url or None,
        ends_at=ends,
        key=one.labels["alertname"],
    )


def _refresh(opened: Connection, incident: int, ends: datetime) -> None:
    opened.execute(
        text("UPDATE alert_incidents SET ends_at = :ends WHERE id = :incident"),
        {"ends": ends, "incident": incident},
    )


def _resolve(opened: Connection, one: Received, book: incidents.Book, now: datetime) -> None:
    fingerprint = _fired(one, now, now).fingerprint
    found = opened.execute(
        text("SELECT id FROM alert_incidents WHERE fingerprint = :f AND resolved_at IS NULL"),
        {"f": fingerprint},
    ).scalar()
    if found is not None:
        incidents.resolve(opened, {found: None}, book, now)
