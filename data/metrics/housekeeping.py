"""What one worker of the fleet does for all: hosts that fell silent, partitions, old rows."""

from __future__ import annotations

from sqlalchemy import text

from data import database
from data.metrics import heartbeat, partitions, rollups

# A host closes its own steps with its next sample; these hosts have none coming.
_SILENT = """
    SELECT instance, max(at) AS newest FROM {area}_samples
    WHERE at > now() - interval '{days} days' GROUP BY instance
    HAVING max(at) < now() - make_interval(secs => :silent_s)
"""


def close_abandoned(days: int = 2, silent_s: float = 180) -> None:
    """Close the last minutes and hours of hosts without a sample for `silent_s`.

    days: how far back such a host's newest sample may lie.
    """
    for area in ("metric", "application"):
        for row in database.read(_SILENT.format(area=area, days=days), silent_s=silent_s):
            with database.transaction() as opened:
                until = opened.execute(text("SELECT now()")).scalar_one()
                rollups.close(opened, area, row["instance"], until, row["newest"])


def keep_partitions() -> None:
    """Make partitions ahead, and drop those past their retention once they are rolled up."""
    partitions.ensure()
    close_abandoned(days=14)
    partitions.drop_old()


def forget_gone() -> None:
    """Remove processes unheard of for a day, and the runs of jobs on hosts without a worker."""
    heartbeat.forget_old()
    database.execute(
        "DELETE FROM job_runs WHERE started_at < now() - interval '1 day' "
        "AND host NOT IN (SELECT host FROM processes WHERE kind = 'worker')"
    )
