"""What the Integrations page lists: runs, faults, calls by hour, differences. Instants in UTC."""

from __future__ import annotations

import pandas as pd

from data import database
from data.integrations.reconcile import differences as found_differences


def runs(name: str, limit: int = 100) -> pd.DataFrame:
    """Newest runs: id, started_at, kind, state, seconds, rows, pages, faults, stream, error."""
    frame: pd.DataFrame = database.frame(
        """
        SELECT r.id, r.started_at, r.kind, r.state,
            extract(epoch FROM COALESCE(r.ended_at, now()) - r.started_at)::float8 AS seconds,
            r.rows, r.pages,
            (SELECT count(*) FROM integration_faults f WHERE f.run_id = r.id) AS faults,
            r.stream, r.error
        FROM integration_runs r WHERE r.connection = :name
        ORDER BY r.started_at DESC, r.id DESC LIMIT :limit
        """,
        name=name,
        limit=limit,
    )
    return frame


def faults(run: int) -> pd.DataFrame:
    """What a run could not take as it stood: stream, record, field, problem, at."""
    frame: pd.DataFrame = database.frame(
        "SELECT stream, record, field, problem, at FROM integration_faults "
        "WHERE run_id = :run ORDER BY id",
        run=run,
    )
    return frame


def calls(name: str, hours: int = 48) -> pd.DataFrame:
    """Index: every hour of the last 48; answered and failed calls, 0 where there were none."""
    frame: pd.DataFrame = database.frame(
        """
        SELECT hour, count(c.at) FILTER (WHERE c.error IS NULL)::float8 AS answered,
            count(c.at) FILTER (WHERE c.error IS NOT NULL)::float8 AS failed
        FROM generate_series(date_trunc('hour', now()) - make_interval(hours => :hours),
                             date_trunc('hour', now()), interval '1 hour') AS hour
        LEFT JOIN integration_calls c
            ON c.connection = :name AND c.at >= hour AND c.at < hour + interval '1 hour'
        GROUP BY hour ORDER BY hour
        """,
        name=name,
        hours=hours,
    )
    by_hour: pd.DataFrame = frame.set_index("hour")
    return by_hour


def latest_calls(name: str, limit: int = 100) -> pd.DataFrame:
    """Newest calls: at, operation, status, ms, retries, bytes, error."""
    frame: pd.DataFrame = database.frame(
        "SELECT at, operation, status, ms, retries, bytes, error FROM integration_calls "
        "WHERE connection = :name ORDER BY at DESC LIMIT :limit",
        name=name,
        limit=limit,
    )
    return frame


def differences(name: str) -> pd.DataFrame:
    """Totals off by more than 0.5 %: measure, scope, period, ours, theirs, share, currency."""
    rows = [
        {
            "measure": each.measure,
            "scope": each.scope,
            "period": each.period,
            "ours": float(each.ours),
            "theirs": float(each.theirs),
            "share": each.share,
            "currency": each.currency,
        }
        for each in found_differences(name)
    ]
    names = ["measure", "scope", "period", "ours", "theirs", "share", "currency"]
    return pd.DataFrame(rows, columns=names)
