"""Two days of live metrics at one sample a second: 172,800 raw points a series."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from config.settings import settings
from data import database
from data.metrics import housekeeping, partitions

SECONDS = 2 * 86_400
_FILL = """
    INSERT INTO metric_samples (at, instance, interval_s, cpu_pct, cpu_user_pct, cpu_system_pct,
        load1, memory_pct, memory_used_bytes, swap_pct, disk_pct, disk_read_bytes_s,
        disk_write_bytes_s, network_receive_bytes_s, network_send_bytes_s, processes)
    SELECT at, :instance, 1, 40 + 20 * sin(n / 600.0) + 9 * random(), 30, 10, random() * 2,
           55 + 10 * random(), 8e9, 1, 60, random() * 1e6, random() * 1e6, random() * 1e5,
           random() * 1e5, 200
    FROM (SELECT n, :end - n * interval '1 second' AS at FROM generate_series(5, :seconds) n) made
    ON CONFLICT DO NOTHING
"""


def fill() -> None:
    """For this host, up to now, with the roll-ups that the worker would have kept."""
    end = datetime.now(UTC).replace(microsecond=0)
    partitions.ensure(since=end - timedelta(seconds=SECONDS + 86_400))
    values = {"instance": settings().instance, "end": end, "seconds": SECONDS}
    with database.transaction() as opened:
        opened.execute(text("SET LOCAL statement_timeout = 0"))
        opened.execute(text(_FILL), values)
    housekeeping.close_abandoned(3, silent_s=0)
