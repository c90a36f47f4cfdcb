"""Years of live metrics of several hosts, and what the Performance page's questions then cost.

`python -m bench.history [HOSTS]` fills a database of its own and prints a table. As the product
would hold it: 7 days of samples at 5 s, 90 days of minutes, 3 years of hours.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from config.metrics import STORED
from data import database, migrate
from data.metrics import partitions
from data.metrics.histogram import Histogram
from data.queries import metrics

_LEVELS = (
    ("samples", timedelta(seconds=5), timedelta(days=7)),
    ("minutes", timedelta(minutes=1), timedelta(days=90)),
    ("hours", timedelta(hours=1), timedelta(days=1095)),
)
_SPANS = {
    "15 minutes": timedelta(minutes=15),
    "2 hours": timedelta(hours=2),
    "24 hours": timedelta(days=1),
    "7 days": timedelta(days=7),
    "30 days": timedelta(days=30),
    "1 year": timedelta(days=365),
}


def fill(hosts: int = 2, end: datetime | None = None) -> None:
    """Every level of `hosts` hosts up to `end`, with a daily wave in each metric."""
    end = (end or datetime.now(UTC)).replace(second=0, microsecond=0)
    partitions.ensure(end, since=end - timedelta(days=1100))
    for number in range(hosts):
        host = f"host{number + 1}"
        database.execute(
            "INSERT INTO processes VALUES (:host, 'worker', 1, now(), now(), false) "
            "ON CONFLICT DO NOTHING",
            host=host,
        )
        for level, step, keep in _LEVELS:
            bound = {"host": host, "first": end - keep, "last": end, "step": step}
            for statement in (_host_statement(level), _application_statement(level)):
                _run(statement, bound | {"buckets": _buckets()})
    _run("ANALYZE", {})


def _run(statement: str, bound: dict[str, Any]) -> None:
    with database.transaction() as opened:
        opened.execute(text("SET LOCAL statement_timeout = 0"))
        opened.execute(text(statement), bound)


def _host_statement(level: str) -> str:
    raw = level == "samples"
    columns = [
        f"{name}{end}" for name in STORED for end in (("",) if raw else ("", "_min", "_max"))
    ]
    return f"""
        INSERT INTO metric_{level} (at, instance, {"interval_s" if raw else "samples"},
                                    {", ".join(columns)}, cpu_cores, parts)
        SELECT at, :host, {5 if raw else 12}, {", ".join(["wave"] * len(columns))},
               ARRAY[40, 60]::real[], '{{"disk./.used_pct": 40}}'
        FROM generate_series(:first, :last, :step) at CROSS JOIN LATERAL (
            SELECT 50 + 30 * sin(extract(epoch FROM at) / 13750) + 10 * random() AS wave) waves
        ON CONFLICT DO NOTHING
    """


def _application_statement(level: str) -> str:
    process = "process, " if level == "samples" else ""
    return f"""
        INSERT INTO application_{level} (at, instance, {process} kind, name, covered_s, count,
                                         errors, total_s, buckets)
        SELECT at, :host, {"'1'," if process else ""} kind, name,
               extract(epoch FROM :step), 100, 1, 5, :buckets
        FROM generate_series(:first, :last, :step) at,
             (VALUES ('request', ''), ('request', '/health'), ('page', ''), ('page', 'overview'))
                 kinds (kind, name)
        ON CONFLICT DO NOTHING
    """


def _buckets() -> bytes:
    """100 durations as a busy page has them."""
    made = Histogram()
    for number in range(1, 101):
        made.record(0.02 * (100 / number) ** 0.8)
    return made.encode()


def timed(ask: Callable[[], Any], times: int = 7) -> tuple[float, Any]:
    """Median milliseconds, warm, and the answer."""
    answer = ask()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took), answer


def report() -> str:
    """One line a question and range: milliseconds and points."""
    end = datetime.now(UTC)
    lines = [f"{'question':40} {'range':>12} {'ms':>8} {'points':>8}"]
    for name, span in _SPANS.items():
        start = end - span
        for question, ask in _questions(start, end).items():
            ms, answer = timed(ask)
            points = len(answer) if hasattr(answer, "__len__") else 1
            lines.append(f"{question:40} {name:>12} {ms:8.1f} {points:8d}")
    for question, ask in (("latest, all hosts", metrics.latest), ("hosts", metrics.instances)):
        ms, _ = timed(ask)
        lines.append(f"{question:40} {'now':>12} {ms:8.1f} {1:8d}")
    return "\n".join(lines)


def _questions(start: datetime, end: datetime) -> dict[str, Callable[[], Any]]:
    four = ["cpu_pct", "memory_pct", "disk_read_bytes_s", "network_send_bytes_s"]
    return {
        "CPU, one host": lambda: metrics.series(["cpu_pct"], start, end, "host1"),
        "CPU, all hosts": lambda: metrics.series(["cpu_pct"], start, end),
        "four metrics, all hosts": lambda: metrics.series(four, start, end),
        "each core": lambda: metrics.parts("cpu", start, end, "host1"),
        "p50, p95, p99 over time": lambda: metrics.quantiles(start, end),
        "p95 as one figure": lambda: metrics.quantile(0.95, start, end),
        "request and error rate": lambda: metrics.rates(start, end),
        "slowest pages": lambda: metrics.slowest(start, end, kind="page"),
    }


def main(hosts: int) -> None:
    """Fill, ask, print, and leave nothing."""
    home = Path(tempfile.mkdtemp(prefix="sentia-bench-"))
    os.environ["SENTIA_HOME"] = str(home)
    os.environ.pop("DATABASE_URL", None)
    try:
        database.start()
        migrate.upgrade()
        began = time.monotonic()
        fill(hosts)
        size = database.scalar("SELECT pg_database_size(current_database())") / 2**20
        print(f"{hosts} hosts filled in {time.monotonic() - began:.0f} s, {size:.0f} MiB")
        print(report())
    finally:
        database.stop()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
