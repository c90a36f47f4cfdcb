"""PostgreSQL's own figures: connections by state, cache, traffic, size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data import database
from data.collectors.reading import Rates, Reading

# Measuring the size walks every file of the database.
_MEASURE_AGAIN_S = 60.0
_FIGURES = """
    SELECT a.*, s.xact_commit, s.xact_rollback, s.blks_read, s.blks_hit, s.tup_returned,
           s.tup_inserted + s.tup_updated + s.tup_deleted AS tup_written, s.temp_bytes, s.deadlocks,
           current_setting('max_connections')::int AS max_connections
    FROM pg_stat_database s CROSS JOIN (
        SELECT count(*) AS connections,
               count(*) FILTER (WHERE state = 'active') AS active,
               count(*) FILTER (WHERE state = 'idle') AS idle,
               count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle_in_transaction,
               count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting,
               coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)
                            ) FILTER (WHERE pid <> pg_backend_pid()), 0)::float AS longest_s
        FROM pg_stat_activity WHERE backend_type = 'client backend'
    ) a
    WHERE s.datname = current_database()
"""


class Postgres:
    """Connections are the server's; everything else is of this database."""

    name = "database"

    def __init__(self) -> None:
        self._rates = Rates()
        self._size: float | None = None
        self._measured_at = -_MEASURE_AGAIN_S

    def read(self, now: float) -> Reading:
        """The size is measured each minute and repeated between."""
        if now - self._measured_at >= _MEASURE_AGAIN_S:
            self._size = None
            self._size = float(database.scalar("SELECT pg_database_size(current_database())"))
            self._measured_at = now
        found = database.one(_FIGURES)
        if found is None:
            return Reading()
        row: dict[str, Any] = dict(found)
        values = _connections(row) | self._traffic(row, now)
        return Reading(values | {"database_size_bytes": self._size})

    def _traffic(self, row: Mapping[str, Any], now: float) -> dict[str, float | None]:
        made: dict[str, float | None] = {
            f"database_{name}_s": self._rates.per_second(column, float(row[column]), now)
            for name, column in (
                ("commits", "xact_commit"),
                ("rollbacks", "xact_rollback"),
                ("rows_read", "tup_returned"),
                ("rows_written", "tup_written"),
                ("temp_bytes", "temp_bytes"),
                ("deadlocks", "deadlocks"),
            )
        }
        read = self._rates.rise("blks_read", float(row["blks_read"]), now)
        hit = self._rates.rise("blks_hit", float(row["blks_hit"]), now)
        made["database_blocks_read_s"] = None if read is None else read[0] / read[1]
        asked = None if read is None or hit is None else read[0] + hit[0]
        made["database_cache_hit_pct"] = 100 * hit[0] / asked if hit and asked else None
        return made


def _connections(row: Mapping[str, Any]) -> dict[str, float | None]:
    return {
        "database_connections": float(row["connections"]),
        "database_connections_pct": 100.0 * row["connections"] / row["max_connections"],
        "database_active": float(row["active"]),
        "database_idle": float(row["idle"]),
        "database_idle_in_transaction": float(row["idle_in_transaction"]),
        "database_waiting": float(row["waiting"]),
        "database_longest_s": row["longest_s"],
    }
