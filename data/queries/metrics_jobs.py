"""What runs: the worker's jobs, the processes, PostgreSQL's slowest statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data import database

if TYPE_CHECKING:
    import pandas as pd

# A process that has not been heard of for this long is gone.
GONE_S = 30


@dataclass(frozen=True)
class Statements:
    """frame: the statements, None with the `reason` and the `step` that would bring them."""

    frame: pd.DataFrame | None
    reason: str = ""
    step: str = ""


def jobs() -> pd.DataFrame:
    """One row a job and host, failing ones first.

    Columns: job, host, pid, started_at, finished_at, last_success_at (UTC), duration_s, error,
    runs, failures, running, success_age_s (seconds since the last success).
    """
    found: pd.DataFrame = database.frame("""
        SELECT job, host, pid, started_at, finished_at, last_success_at, duration_s, error,
               runs, failures,
               (finished_at IS NULL OR finished_at < started_at) AS running,
               extract(epoch FROM now() - last_success_at)::float AS success_age_s
        FROM job_runs ORDER BY error IS NULL, job, host
    """)
    return found


def processes() -> pd.DataFrame:
    """One row a web process or worker heard of within a day, the newest sign of life first.

    Columns: host, kind, pid, started_at, last_seen_at (UTC), age_s, leads (holds the lock under
    which fleet jobs run), alive.
    """
    found: pd.DataFrame = database.frame(
        """
        SELECT host, kind, pid, started_at, last_seen_at,
               greatest(0, extract(epoch FROM now() - last_seen_at))::float AS age_s,
               leads AND last_seen_at > now() - make_interval(secs => :gone) AS leads,
               last_seen_at > now() - make_interval(secs => :gone) AS alive
        FROM processes ORDER BY alive DESC, kind DESC, host, started_at DESC
        """,
        gone=GONE_S,
    )
    return found


def workers() -> pd.DataFrame:
    """The rows of processes() that are workers."""
    found = processes()
    return found[found["kind"] == "worker"].reset_index(drop=True)


def statements(limit: int = 20) -> Statements:
    """PostgreSQL's slowest statements by total time, where pg_stat_statements is installed.

    Columns: statement, calls, total_s, mean_s, rows, share_pct (of all time spent).
    """
    installed = database.scalar(
        "SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'"
    )
    if not installed:
        return Statements(
            None,
            "PostgreSQL keeps no statistics of statements here.",
            "Load pg_stat_statements (shared_preload_libraries) and run CREATE EXTENSION "
            "pg_stat_statements; the embedded PostgreSQL does not have it.",
        )
    return Statements(
        database.frame(
            """
            SELECT left(query, 500) AS statement, calls, total_exec_time / 1000 AS total_s,
                   mean_exec_time / 1000 AS mean_s, rows,
                   100 * total_exec_time / nullif(sum(total_exec_time) OVER (), 0) AS share_pct
            FROM pg_stat_statements
            WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            ORDER BY total_exec_time DESC LIMIT :limit
            """,
            limit=limit,
        )
    )
