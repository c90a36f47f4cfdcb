"""What the Overview asks beside the KPIs: alerts that fire, connections that stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data import database
from data.integrations import status


@dataclass(frozen=True)
class Firing:
    """An alert that has not been resolved; `by` has acknowledged it."""

    rule: str
    severity: str
    condition: str
    since: datetime
    by: str | None


@dataclass(frozen=True)
class Stopped:
    """A connection that fails or whose data is too old; `since` is its last sync."""

    name: str
    state: str
    error: str | None
    since: datetime | None


def firing() -> list[Firing]:
    """Open incidents, the unacknowledged and most severe first."""
    rows = database.read("""
        SELECT rule_name, severity, condition, fired_at, acknowledged_by FROM alert_incidents
        WHERE resolved_at IS NULL AND (snoozed_until IS NULL OR snoozed_until < now())
        ORDER BY acknowledged_at IS NOT NULL, severity <> 'critical', fired_at LIMIT 50
    """)
    return [
        Firing(row["rule_name"], row["severity"], row["condition"], row["fired_at"],
               row["acknowledged_by"])
        for row in rows
    ]  # fmt: skip


def stopped() -> list[Stopped]:
    """Connections that are set up and not paused, yet failing or stale."""
    resting = (status.NOT_CONFIGURED, status.PAUSED)
    return [
        Stopped(each.connection.name, each.state, each.error, each.last_sync)
        for each in status.standings()
        if each.state not in resting and (each.stale or each.state == status.FAILING)
    ]
