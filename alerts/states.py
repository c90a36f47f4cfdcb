"""The state of every label set, kept in the database and written as sets, not row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from alerts import arrays
from alerts import labels as label_sets
from alerts.decide import State

_FORGOTTEN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Held:
    """One label set's state as it was last written."""

    labels: Mapping[str, str]
    state: State
    incident: int | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """One row to write."""

    rule_id: int
    labels: str
    state: State
    value: float | None
    threshold: float | None
    reason: str
    incident: int | None


_UPSERT = """
INSERT INTO alert_states AS s (rule_id, labels, state, active_since, fired_at, clear_since, value,
    threshold, reason, changed_at, seen_at, incident_id)
SELECT r, l::jsonb, st, a, f, c, v, t, w, :now, :now, i FROM unnest(
    CAST(:rule_id AS bigint[]), CAST(:labels AS text[]), CAST(:state AS text[]),
    CAST(:active_since AS timestamptz[]), CAST(:fired_at AS timestamptz[]),
    CAST(:clear_since AS timestamptz[]), CAST(:value AS float8[]), CAST(:threshold AS float8[]),
    CAST(:reason AS text[]), CAST(:incident AS bigint[]))
    AS given (r, l, st, a, f, c, v, t, w, i)
ON CONFLICT (rule_id, labels) DO UPDATE SET state = excluded.state,
    active_since = excluded.active_since, fired_at = excluded.fired_at,
    clear_since = excluded.clear_since, value = excluded.value, threshold = excluded.threshold,
    reason = excluded.reason, seen_at = excluded.seen_at, incident_id = excluded.incident_id,
    changed_at = CASE WHEN s.state = excluded.state THEN s.changed_at ELSE excluded.changed_at END
"""


def load(opened: Connection, rules: Iterable[int], now: datetime) -> dict[int, dict[str, Held]]:
    """The label sets of these rules by their spelling; clocks that lie after `now` start at it."""
    wanted = list(rules)
    found: dict[int, dict[str, Held]] = {rule: {} for rule in wanted}
    rows = opened.execute(
        text(
            "SELECT rule_id, labels, state, active_since, fired_at, clear_since, incident_id, "
            "seen_at FROM alert_states WHERE rule_id = ANY(:rules)"
        ),
        {"rules": wanted},
    )
    for rule_id, labels, name, active, fired, clear, incident, seen in rows:
        state = State(name, _no_later(active, now), fired, _no_later(clear, now))
        found[rule_id][label_sets.spell(labels)] = Held(labels, state, incident, seen)
    return found


def _no_later(at: datetime | None, now: datetime) -> datetime | None:
    return min(at, now) if at is not None else None


def write(opened: Connection, rows: list[Write], now: datetime) -> None:
    """Insert or overwrite these label sets as they are at `now`."""
    if not rows:
        return
    columns = {
        name: arrays.column(getattr(row, name) for row in rows)
        for name in ("rule_id", "labels", "value", "threshold", "reason", "incident")
    }
    columns["state"] = arrays.column(row.state.name for row in rows)
    for name in ("active_since", "fired_at", "clear_since"):
        columns[name] = arrays.column(getattr(row.state, name) for row in rows)
    opened.execute(text(_UPSERT), {**columns, "now": now})


def forget(opened: Connection, now: datetime) -> int:
    """Drop label sets that have had no data for a week; returns how many."""
    gone = opened.execute(
        text("DELETE FROM alert_states WHERE changed_at < :old AND state = 'no_data' RETURNING 1"),
        {"old": now - _FORGOTTEN},
    )
    return len(gone.all())
