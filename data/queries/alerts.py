"""What alert rules ask of the system's own records: silence, failures and age, as of now."""

from __future__ import annotations

from datetime import date, datetime

from config.settings import settings
from data import company, database
from data.integrations import status

Rows = list[tuple[dict[str, str], float]]


def worker_silence(now: datetime) -> Rows:
    """Seconds since any worker last began or ended a job; no row before its first."""
    silent = database.scalar(
        "SELECT extract(epoch FROM :now - max(greatest(started_at, finished_at))) FROM job_runs",
        now=now,
    )
    return [] if silent is None else [({}, max(0.0, float(silent)))]


def failed_syncs(now: datetime) -> Rows:
    """Per connection that is set up and not paused: how many newest syncs failed in a row."""
    return [({"connection": each.connection.name}, float(each.failures)) for each in _at_work(now)]


def sync_ages(now: datetime) -> Rows:
    """Per such connection, the age of its data / the age from which that is stale."""
    return [
        ({"connection": each.connection.name}, each.age_s / limit.total_seconds())
        for each in _at_work(now)
        if each.age_s is not None and (limit := each.connection.stale_after) is not None
    ]


def differences(now: datetime) -> Rows:
    """Per connection and measure, how far the worst full total is off the vendor's, in %.

    Of what was compared in the last two days; a total that the vendor has as 0 and we do not is off
    by 100 %.
    """
    rows = database.read(
        """
        SELECT connection, measure, max(CASE WHEN ours = theirs THEN 0 WHEN theirs = 0 THEN 100
            ELSE 100 * abs(ours - theirs) / abs(theirs) END)::float AS off
        FROM integration_differences
        WHERE checked_at > :now - interval '2 days' AND checked_at <= :now
          AND period < (checked_at AT TIME ZONE :zone)::date
        GROUP BY connection, measure ORDER BY connection, measure
        """,
        now=now,
        zone=company.zone().key,
    )
    return [
        ({"connection": row["connection"], "measure": row["measure"]}, row["off"]) for row in rows
    ]


def _at_work(now: datetime) -> list[status.Standing]:
    resting = (status.NOT_CONFIGURED, status.PAUSED)
    return [each for each in status.standings(now) if each.state not in resting]


def stopped(now: datetime) -> Rows:
    """Per line, minutes since it stopped without a plan; 0 while it does not stand still."""
    rows = database.read(
        """
        SELECT l.code, coalesce(extract(epoch FROM :now - min(s.started_at)) / 60, 0)::float AS for
        FROM production_lines l LEFT JOIN production_stops s ON s.line = l.code
            AND s.ended_at IS NULL AND s.started_at <= :now AND s.reason <> 'planned maintenance'
        GROUP BY l.code ORDER BY l.code
        """,
        now=now,
    )
    return [({"line": row["code"]}, row["for"]) for row in rows]


def rules_in_error(now: datetime) -> Rows:
    """1 for each alert rule that could not be judged, 0 for the others."""
    rows = database.read("SELECT name, error IS NOT NULL AS wrong FROM alert_rules")
    return [({"of": row["name"]}, float(row["wrong"])) for row in rows]


def backup_age(now: datetime) -> Rows:
    """Hours since the newest good backup, or since the installation began where there is none.

    No row where the product makes no backups and none was ever recorded.
    """
    newest = database.scalar("SELECT max(finished_at) FROM backups WHERE error IS NULL")
    if newest is None and settings().sentia_backups_kept:
        newest = database.scalar("SELECT min(made_at) FROM alert_installation")
    return [({}, (now - newest).total_seconds() / 3600)] if newest else []


def kpi_bounds(slug: str, day: date) -> tuple[float | None, float | None, float | None] | None:
    """(target, warning, critical) that people set for `day`; None when they set none."""
    row = database.one(
        "SELECT target, warning, critical FROM kpi_targets WHERE kpi = :slug AND from_day <= :day "
        "ORDER BY from_day DESC, set_at DESC LIMIT 1",
        slug=slug,
        day=day,
    )
    return None if row is None else (row["target"], row["warning"], row["critical"])
