"""PostgreSQL's own figures: connections by state, cache, traffic, size."""

from __future__ import annotations

from data.collectors.reading import Rates, Reading
from data.metrics.direct import Direct

# Measuring the size walks every file of the database.
_MEASURE_AGAIN_S = 60.0
_COLUMNS = (
    "connections", "active", "idle", "idle_in_transaction", "waiting", "longest_s",
    "max_connections", "commits", "rollbacks", "blocks_fetched", "blocks_hit", "rows_read",
    "rows_written", "temp_bytes", "deadlocks",
)  # fmt: skip
# The functions under the views pg_stat_activity and pg_stat_database, which join far more.
_FIGURES = """
    SELECT a.*, current_setting('max_connections')::int,
           pg_stat_get_db_xact_commit(oid), pg_stat_get_db_xact_rollback(oid),
           pg_stat_get_db_blocks_fetched(oid), pg_stat_get_db_blocks_hit(oid),
           pg_stat_get_db_tuples_returned(oid),
           pg_stat_get_db_tuples_inserted(oid) + pg_stat_get_db_tuples_updated(oid)
               + pg_stat_get_db_tuples_deleted(oid),
           pg_stat_get_db_temp_bytes(oid), pg_stat_get_db_deadlocks(oid)
    FROM pg_database CROSS JOIN (
        SELECT count(*), count(*) FILTER (WHERE state = 'active'),
               count(*) FILTER (WHERE state = 'idle'),
               count(*) FILTER (WHERE state LIKE 'idle in transaction%'),
               count(*) FILTER (WHERE wait_event_type = 'Lock'),
               coalesce(max(extract(epoch FROM clock_timestamp() - xact_start))
                        FILTER (WHERE pid <> pg_backend_pid()), 0)::float8
        FROM pg_stat_get_activity(NULL) WHERE backend_type = 'client backend'
    ) a
    WHERE datname = current_database()
"""
_SIZE = "SELECT pg_database_size(current_database())"


class Postgres:
    """Connections are the server's; everything else is of this database."""

    name = "database"

    def __init__(self, direct: Direct) -> None:
        self._direct = direct
        self._rates = Rates()
        self._size: float | None = None
        self._measured_at = -_MEASURE_AGAIN_S

    def read(self, now: float) -> Reading:
        """The size is measured each minute and repeated between."""
        if now - self._measured_at >= _MEASURE_AGAIN_S:
            self._size = None
            self._measured_at = now
            size = self._direct.ask("database_size", _SIZE)
            self._size = float(size[0]) if size else None
        found = self._direct.ask("database_figures", _FIGURES)
        if found is None:
            return Reading()
        row = dict(zip(_COLUMNS, map(float, found), strict=True))
        values = _connections(row) | self._traffic(row, now)
        return Reading(values | {"database_size_bytes": self._size})

    def _traffic(self, row: dict[str, float], now: float) -> dict[str, float | None]:
        made = {
            f"database_{name}_s": self._rates.per_second(name, row[name], now)
            for name in (
                "commits", "rollbacks", "rows_read", "rows_written", "temp_bytes", "deadlocks",
            )
        }  # fmt: skip
        fetched = self._rates.rise("blocks_fetched", row["blocks_fetched"], now)
        hit = self._rates.rise("blocks_hit", row["blocks_hit"], now)
        read: float | None = None
        share: float | None = None
        if fetched is not None and hit is not None:
            read = max(0.0, fetched[0] - hit[0]) / fetched[1]
            share = min(100.0, 100 * hit[0] / fetched[0]) if fetched[0] else None
        return made | {"database_blocks_read_s": read, "database_cache_hit_pct": share}


def _connections(row: dict[str, float]) -> dict[str, float | None]:
    return {
        "database_connections": row["connections"],
        "database_connections_pct": 100 * row["connections"] / row["max_connections"],
        "database_active": row["active"],
        "database_idle": row["idle"],
        "database_idle_in_transaction": row["idle_in_transaction"],
        "database_waiting": row["waiting"],
        "database_longest_s": row["longest_s"],
    }
