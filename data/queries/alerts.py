"""What alert rules ask of the system's own records: silence, failures and age, as of now."""

from __future__ import annotations

from datetime import date, datetime

from data import database

Rows = list[tuple[dict[str, str], float]]


def worker_silence(now: datetime) -> Rows:
    """Seconds since any worker last began or ended a job; no row before its first."""
    silent = database.scalar(
        "SELECT extract(epoch FROM :now - max(greatest(started_at, finished_at))) FROM job_runs",
        now=now,
    )
    return [] if silent is None else [({}, max(0.0, float(silent)))]


def failed_syncs(now: datetime) -> Rows:
    """Per connection, how many of its newest syncs failed in a row."""
    rows = database.read(
        """
        SELECT connection, count(*) FILTER (
            WHERE state = 'failed' AND started_at > coalesce(last_good, '-infinity'))
        FROM (
            SELECT connection, state, started_at,
                   max(started_at) FILTER (WHERE state = 'done')
                       OVER (PARTITION BY connection) AS last_good
            FROM integration_runs
            WHERE started_at > CAST(:now AS timestamptz) - interval '30 days'
        ) runs
        GROUP BY connection
        """,
        now=now,
    )
    return [({"connection": row["connection"]}, float(row["count"])) for row in rows]


def sync_ages(now: datetime) -> Rows:
    """Per connection that ever succeeded and is not paused: time since then / its interval."""
    rows = database.read(
        """
        SELECT c.name, extract(epoch FROM :now - max(r.ended_at)) / coalesce(c.every_s, 1800) AS age
        FROM integration_connections c JOIN integration_runs r ON r.connection = c.name
        WHERE r.state = 'done' AND NOT c.paused
        GROUP BY c.name, c.every_s
        """,
        now=now,
    )
    return [({"connection": row["name"]}, max(0.0, float(row["age"]))) for row in rows]


def rules_in_error(now: datetime) -> Rows:
    """1 for each alert rule that could not be judged, 0 for the others."""
    rows = database.read("SELECT name, error IS NOT NULL AS wrong FROM alert_rules")
    return [({"of": row["name"]}, float(row["wrong"])) for row in rows]


def backup_age(now: datetime) -> Rows:
    """Hours since the newest good backup, or since the installation began where there is none."""
    began = database.scalar("SELECT min(made_at) FROM alert_installation")
    return [({}, (now - began).total_seconds() / 3600)] if began else []


def kpi_bounds(slug: str, day: date) -> tuple[float | None, float | None, float | None] | None:
    """(target, warning, critical) that people set for `day`; None when they set none."""
    row = database.one(
        "SELECT target, warning, critical FROM kpi_targets WHERE kpi = :slug AND from_day <= :day "
        "ORDER BY from_day DESC, set_at DESC LIMIT 1",
        slug=slug,
        day=day,
    )
    return None if row is None else (row["target"], row["warning"], row["critical"])
