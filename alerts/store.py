"""What pages and the API show of alerts: firing, pending, history, one alert's whole story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import RowMapping

from alerts import labels as label_sets
from alerts import quiet, signals
from alerts.series import Series, instant
from data import database

_INCIDENT = """
SELECT i.*, s.value AS now_value, s.seen_at AS judged_at, r.muted_until, r.muted_reason
FROM alert_incidents i
LEFT JOIN alert_states s ON s.incident_id = i.id
LEFT JOIN alert_rules r ON r.id = i.rule_id
"""


@dataclass(frozen=True)
class Alert:
    """An incident as people see it. quiet: why it says nothing; None while it may."""

    id: int
    rule: str
    labels: dict[str, str]
    severity: str
    condition: str
    description: str
    runbook: str | None
    signal: str | None
    source: str
    value: float | None
    threshold: float | None
    active_since: datetime
    fired_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    snoozed_until: datetime | None
    fingerprint: str
    quiet: str | None

    @property
    def status(self) -> str:
        """resolved, silenced, snoozed, acknowledged or firing."""
        if self.resolved_at is not None:
            return "resolved"
        if self.quiet is not None:
            return "silenced"
        return "acknowledged" if self.acknowledged_at is not None else "firing"

    @property
    def label_text(self) -> str:
        """`line=1, shift=night`."""
        return ", ".join(f"{name}={text}" for name, text in sorted(self.labels.items()))


def _frame(sql: str, **parameters: Any) -> pd.DataFrame:
    found: pd.DataFrame = database.frame(sql, **parameters)
    return found


def firing_count() -> int:
    """How many alerts fire and are not kept quiet; for the bell."""
    return sum(alert.quiet is None for alert in open_alerts(datetime.now(UTC)))


def open_alerts(now: datetime) -> list[Alert]:
    """Every alert that fires, the most severe and then the oldest first."""
    with database.connection() as opened:
        book = quiet.load(opened, now)
    rows = database.read(
        f"{_INCIDENT} WHERE i.resolved_at IS NULL ORDER BY "
        "array_position(ARRAY['critical', 'warning', 'info'], i.severity), i.fired_at, i.id"
    )
    return [_alert(row, book, now) for row in rows]


def alert(incident: int, now: datetime) -> Alert | None:
    """One alert, None when there is none of that number."""
    with database.connection() as opened:
        book = quiet.load(opened, now)
    row = database.one(f"{_INCIDENT} WHERE i.id = :id", id=incident)
    return None if row is None else _alert(row, book, now)


def _alert(row: RowMapping, book: quiet.QuietBook, now: datetime) -> Alert:
    names = [name for name in Alert.__dataclass_fields__ if name not in ("rule", "quiet", "value")]
    live = row["resolved_at"] is None and row["judged_at"] is not None
    return Alert(
        **{name: row[name] for name in names},
        rule=row["rule_name"],
        value=row["now_value"] if live else row["value"],
        quiet=_quiet(row, book, now) if row["resolved_at"] is None else None,
    )


def _quiet(row: RowMapping, book: quiet.QuietBook, now: datetime) -> str | None:
    if row["muted_until"] is not None and row["muted_until"] > now:
        return f"rule muted: {row['muted_reason'] or 'no reason given'}"
    if row["snoozed_until"] is not None and row["snoozed_until"] > now:
        return f"snoozed until {row['snoozed_until'].astimezone(book.zone):%Y-%m-%d %H:%M %Z}"
    seen = label_sets.seen_by_matchers(row["rule_name"], row["severity"], row["labels"])
    return book.why(seen, now)


def pending() -> pd.DataFrame:
    """rule, labels, severity, since, value, threshold of what is pending; oldest first."""
    return _frame(
        "SELECT r.name AS rule, s.labels, s.active_since AS since, s.value, s.threshold "
        "FROM alert_states s JOIN alert_rules r ON r.id = s.rule_id "
        "WHERE s.state = 'pending' ORDER BY s.active_since"
    )


def rule_states() -> pd.DataFrame:
    """name, error, muted_until and how many label sets of each rule are in each state."""
    return _frame(
        "SELECT r.name, r.error, r.muted_until, "
        "count(s.*) FILTER (WHERE s.state = 'firing') AS firing, "
        "count(s.*) FILTER (WHERE s.state = 'pending') AS pending, "
        "count(s.*) FILTER (WHERE s.state = 'no_data') AS no_data, count(s.*) AS series "
        "FROM alert_rules r LEFT JOIN alert_states s ON s.rule_id = r.id "
        "GROUP BY r.id ORDER BY r.name"
    )


MOST = 5_000
_FIRED = """
FROM alert_incidents
WHERE fired_at >= :start AND fired_at < :end
  AND (:search = '' OR position(lower(:search) IN lower(rule_name || labels::text)) > 0)
  AND (cardinality(CAST(:severities AS text[])) = 0 OR severity = ANY(:severities))
"""


def history(
    start: datetime, end: datetime, search: str = "", severities: Sequence[str] = ()
) -> pd.DataFrame:
    """Alerts that fired in [start, end), the newest `MOST` of them, newest first.

    id, fired_at, resolved_at, rule, labels (text), severity, value, minutes (until resolved, or
    until now), acknowledged_by, to_acknowledge_min.
    """
    return _frame(
        f"""
        SELECT id, fired_at, resolved_at, rule_name AS rule,
               (SELECT coalesce(string_agg(key || '=' || value, ', ' ORDER BY key), '')
                FROM jsonb_each_text(labels)) AS labels,
               severity, value,
               extract(epoch FROM coalesce(resolved_at, now()) - fired_at) / 60 AS minutes,
               acknowledged_by,
               extract(epoch FROM acknowledged_at - fired_at) / 60 AS to_acknowledge_min
        {_FIRED} ORDER BY fired_at DESC, id DESC LIMIT {MOST}
        """,
        start=start,
        end=end,
        search=search.strip(),
        severities=list(severities),
    )


@dataclass(frozen=True)
class Times:
    """How quickly people and problems moved; None where there was nothing to measure."""

    fired: int
    mtta_min: float | None
    mttr_min: float | None


def times(
    start: datetime, end: datetime, search: str = "", severities: Sequence[str] = ()
) -> tuple[Times, pd.DataFrame]:
    """MTTA and MTTR in minutes of all that `history` would list, and how often each rule fired.

    Unresolved alerts are left out of MTTR. Columns rule, fired; the most frequent first.
    """
    found = _frame(
        f"""
        SELECT rule_name AS rule, count(*) AS fired, count(acknowledged_at) AS acknowledged,
               count(resolved_at) AS resolved,
               sum(extract(epoch FROM acknowledged_at - fired_at))::float8 / 60 AS to_acknowledge,
               sum(extract(epoch FROM resolved_at - fired_at))::float8 / 60 AS to_resolve
        {_FIRED} GROUP BY rule_name ORDER BY fired DESC, rule_name
        """,
        start=start,
        end=end,
        search=search.strip(),
        severities=list(severities),
    )
    sums = found.drop(columns="rule").sum()
    return Times(
        int(sums["fired"]),
        sums["to_acknowledge"] / sums["acknowledged"] if sums["acknowledged"] else None,
        sums["to_resolve"] / sums["resolved"] if sums["resolved"] else None,
    ), found[["rule", "fired"]]


def timeline(incident: int) -> pd.DataFrame:
    """at, what, who, text of everything that happened to an alert, oldest first."""
    return _frame(
        """
        SELECT at, from_state || ' → ' || to_state AS what, '' AS who,
               reason || coalesce(' (' || trim_scale(CAST(
                   CASE WHEN value = 'NaN' OR abs(value) = 'Infinity' THEN NULL ELSE value END
               AS numeric)) || ')', '') AS text
        FROM alert_changes WHERE incident_id = :id
        UNION ALL SELECT at, kind, author, body FROM alert_notes WHERE incident_id = :id
        UNION ALL SELECT coalesce(sent_at, gave_up_at, made_at), event || ' to ' || channel, '',
               CASE WHEN sent_at IS NOT NULL THEN 'delivered'
                    WHEN gave_up_at IS NOT NULL THEN 'given up: ' || error
                    WHEN error IS NOT NULL THEN 'waiting, last attempt: ' || error
                    ELSE 'waiting' END
        FROM alert_notifications WHERE incident_id = :id
        ORDER BY at
        """,
        id=incident,
    )


def deliveries(channel: str | None = None, incident: int | None = None) -> pd.DataFrame:
    """The newest 500 notifications of a channel or an alert, newest first."""
    return _frame(
        """
        SELECT n.id, n.made_at, n.channel, n.event, i.rule_name AS rule, n.attempts, n.sent_at,
               n.fallback_of,
               CASE WHEN n.sent_at IS NOT NULL THEN 'delivered'
                    WHEN n.gave_up_at IS NOT NULL THEN 'given up'
                    WHEN n.held THEN 'held back' ELSE 'waiting' END AS result,
               n.error
        FROM alert_notifications n LEFT JOIN alert_incidents i ON i.id = n.incident_id
        WHERE (CAST(:channel AS text) IS NULL OR n.channel = :channel)
          AND (CAST(:incident AS bigint) IS NULL OR n.incident_id = :incident)
        ORDER BY n.id DESC LIMIT 500
        """,
        channel=channel,
        incident=incident,
    )


def alike(found: Alert) -> pd.DataFrame:
    """Up to 20 earlier alerts of the same rule, those with the same labels first."""
    return _frame(
        """
        SELECT id, fired_at, resolved_at,
               extract(epoch FROM resolved_at - fired_at) / 60 AS minutes,
               acknowledged_by, fingerprint = :fingerprint AS same
        FROM alert_incidents WHERE rule_name = :rule AND id <> :id AND fired_at <= :before
        ORDER BY same DESC, fired_at DESC LIMIT 20
        """,
        fingerprint=found.fingerprint,
        rule=found.rule,
        id=found.id,
        before=found.fired_at,
    )


def series_of(found: Alert, start: datetime, end: datetime) -> pd.Series | None:
    """The alert's own series in (start, end], indexed by aware instants; None without one.

    Raises UnknownSignal, SignalError.
    """
    if not found.signal:
        return None
    for series in signals.read(found.signal, start, end):
        if dict(series.labels).items() <= found.labels.items():
            return as_pandas(series)
    return None


def as_pandas(series: Series) -> pd.Series:
    """A series with instants as its index."""
    index = pd.DatetimeIndex([instant(at) for at in series.times.tolist()], name="at")
    return pd.Series(series.values, index=index, dtype="float64", name="value")


def silences(now: datetime, past: timedelta = timedelta(days=7)) -> list[dict[str, Any]]:
    """Silences that hold, will hold or ended within `past`; those that end last first."""
    rows = database.read(
        "SELECT id, matchers, starts_at, ends_at, reason, author FROM alert_silences "
        "WHERE ends_at > :old ORDER BY ends_at DESC",
        old=now - past,
    )
    return [{**row, "matchers": quiet.matchers_of(row["matchers"])} for row in rows]


def windows() -> list[quiet.Window]:
    """All maintenance windows."""
    with database.connection() as opened:
        return list(quiet.load(opened, datetime(2000, 1, 1, tzinfo=UTC)).windows)
