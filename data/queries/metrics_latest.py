"""What is known of each host right now, and how old that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from config.metrics import METRICS, STORED
from data import database
from data.queries import metrics_application

if TYPE_CHECKING:
    import pandas as pd

# A host that has been silent for this many ticks is left out of figures over all hosts.
STALE_TICKS = 3
_NEWEST = """
    SELECT newest.*, extract(epoch FROM now() - newest.at)::float AS age_s
    FROM (SELECT DISTINCT host FROM processes WHERE kind = 'worker') known
    CROSS JOIN LATERAL (
        SELECT * FROM metric_samples
        WHERE instance = known.host AND at > now() - interval '1 day'
        ORDER BY at DESC LIMIT 1
    ) newest
    ORDER BY newest.instance
"""


@dataclass(frozen=True)
class Latest:
    """at: instant of the newest sample, None before the first; age_s: its age by the database.

    interval_s: distance of its ticks. values: every metric of the catalogue in its own unit, None
    when unknown; those of the application cover the last minute. errors: collector → why its
    metrics are missing. instances: hosts that the figures are made of.
    """

    at: datetime | None
    age_s: float | None
    interval_s: float | None
    values: dict[str, float | None]
    errors: dict[str, str]
    instances: tuple[str, ...]

    @property
    def stale(self) -> bool:
        """Whether the newest sample is missing or older than 3 ticks."""
        if self.age_s is None or self.interval_s is None:
            return True
        return self.age_s > STALE_TICKS * self.interval_s


def instances() -> pd.DataFrame:
    """One row a host that sampled within a day: instance, at, age_s, interval_s, stale, cores."""
    import pandas as pd

    rows = database.read(_NEWEST)
    return pd.DataFrame(
        [
            {
                "instance": row["instance"],
                "at": row["at"],
                "age_s": max(0.0, row["age_s"]),
                "interval_s": row["interval_s"],
                "stale": row["age_s"] > STALE_TICKS * row["interval_s"],
                "cores": len(row["cpu_cores"] or ()),
            }
            for row in rows
        ],
        columns=["instance", "at", "age_s", "interval_s", "stale", "cores"],
    )


def latest(instance: str | None = None) -> Latest:
    """The newest figures of a host, or of all that still report together."""
    rows = [row for row in database.read(_NEWEST) if instance in (None, row["instance"])]
    if not rows:
        return Latest(None, None, None, dict.fromkeys(METRICS), {}, ())
    newest = min(rows, key=lambda row: row["age_s"])
    reporting = [r for r in rows if r["age_s"] <= STALE_TICKS * r["interval_s"]] or [newest]
    values = {name: _together(name, [row[name] for row in reporting]) for name in STORED}
    values |= metrics_application.last_minute(instance)
    return Latest(
        newest["at"],
        max(0.0, newest["age_s"]),
        newest["interval_s"],
        values,
        _errors(reporting),
        tuple(row["instance"] for row in reporting),
    )


def _together(name: str, found: Sequence[float | None]) -> float | None:
    known = [value for value in found if value is not None]
    if not known:
        return None
    if METRICS[name].aggregation == "mean":
        return sum(known) / len(known)
    return sum(known) if METRICS[name].aggregation == "sum" else max(known)


def _errors(rows: Sequence[Any]) -> dict[str, str]:
    return {
        f"{row['instance']}: {collector}": reason
        for row in rows
        for collector, reason in (row["errors"] or {}).items()
    }
