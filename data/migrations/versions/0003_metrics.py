"""Live metrics: samples, their minute and hour roll-ups, histograms, and the processes."""

from alembic import op

revision = "0003"
down_revision = "0002"

# Bytes need more than the seven digits of `real`.
_METRICS = """
    cpu_pct cpu_user_pct cpu_system_pct cpu_iowait_pct cpu_steal_pct load1 load5 load15
    context_switches_s interrupts_s processes uptime_s memory_pct memory_used_bytes
    memory_available_bytes memory_cached_bytes swap_pct swap_used_bytes swap_in_bytes_s
    swap_out_bytes_s disk_pct disk_used_bytes disk_free_bytes disk_read_bytes_s
    disk_write_bytes_s disk_reads_s disk_writes_s disk_busy_pct network_receive_bytes_s
    network_send_bytes_s network_receive_packets_s network_send_packets_s network_errors_s
    network_drops_s web_processes web_cpu_pct web_memory_bytes web_threads worker_cpu_pct
    worker_memory_bytes worker_threads database_connections database_connections_pct
    database_active database_idle database_idle_in_transaction database_waiting
    database_longest_s database_cache_hit_pct database_commits_s database_rollbacks_s
    database_blocks_read_s database_rows_read_s database_rows_written_s
    database_temp_bytes_s database_deadlocks_s database_size_bytes
""".split()


def upgrade() -> None:
    """Partitions are made by the writers, ahead of time; see data/metrics/partitions.py."""
    _samples()
    for table in ("metric_minutes", "metric_hours"):
        _roll_up(table)
    _application()
    op.execute("""
        CREATE TABLE processes (
            host text NOT NULL,
            kind text NOT NULL CHECK (kind IN ('web', 'worker')),
            pid integer NOT NULL,
            started_at timestamptz NOT NULL,
            last_seen_at timestamptz NOT NULL,
            leads boolean NOT NULL DEFAULT false,
            PRIMARY KEY (host, kind, pid)
        )
    """)


def _samples() -> None:
    columns = ", ".join(f"{name} {_type(name)}" for name in _METRICS)
    op.execute(f"""
        CREATE TABLE metric_samples (
            at timestamptz NOT NULL,
            instance text NOT NULL,
            interval_s real NOT NULL,
            {columns},
            cpu_cores real[],
            parts jsonb,
            errors jsonb,
            PRIMARY KEY (instance, at)
        ) PARTITION BY RANGE (at)
    """)


def _roll_up(table: str) -> None:
    columns = ", ".join(
        f"{name}{suffix} {_type(name)}" for name in _METRICS for suffix in ("", "_min", "_max")
    )
    op.execute(f"""
        CREATE TABLE {table} (
            at timestamptz NOT NULL,
            instance text NOT NULL,
            samples integer NOT NULL,
            {columns},
            cpu_cores real[],
            parts jsonb,
            PRIMARY KEY (instance, at)
        ) PARTITION BY RANGE (at)
    """)


def _application() -> None:
    """name: the route or page, '' for all together; covered_s: time that the counts come from."""
    for table in ("application_samples", "application_minutes", "application_hours"):
        process = "process text NOT NULL," if table == "application_samples" else ""
        key = "kind, name, instance, at" + (", process" if process else "")
        op.execute(f"""
            CREATE TABLE {table} (
                at timestamptz NOT NULL,
                instance text NOT NULL,
                {process}
                kind text NOT NULL CHECK (kind IN ('request', 'page')),
                name text NOT NULL,
                covered_s real NOT NULL,
                count bigint NOT NULL,
                errors bigint NOT NULL,
                total_s double precision NOT NULL,
                buckets bytea NOT NULL,
                open_pages real,
                pool_in_use real,
                pool_size real,
                PRIMARY KEY ({key})
            ) PARTITION BY RANGE (at)
        """)
        op.execute(f"CREATE INDEX {table}_at ON {table} (kind, name, at)")


def _type(name: str) -> str:
    return "double precision" if name.endswith("_bytes") else "real"
