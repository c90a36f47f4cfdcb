"""System KPIs: this host, this application, its database."""

from __future__ import annotations

from config.catalogue.shape import Bounds, Direction, Kpi


def _system(
    slug: str,
    title: str,
    unit: str,
    direction: Direction,
    formula: str,
    source: str,
    bounds: Bounds = Bounds(),  # noqa: B008
) -> Kpi:
    return Kpi(slug, title, "system", unit, direction, formula, source, "sample", False, (),
               bounds)  # fmt: skip


_HOST = "this host (psutil)"
_APP = "this application's own requests"
_DATABASE = "PostgreSQL's own views"

KPIS = (
    _system("cpu_pct", "CPU", "%", "lower", "Busy share of all cores, per instance", _HOST,
            Bounds(target=80, critical=85)),
    _system("memory_pct", "Memory", "%", "lower", "Memory in use, per instance", _HOST,
            Bounds(target=85, critical=90)),
    _system("load", "Load", "processes", "lower", "Mean of runnable processes over 1 min", _HOST),
    _system("disk_pct", "Disk", "%", "lower", "Space in use of the fullest disk", _HOST),
    _system("network", "Network", "bytes/s", "neutral", "Bytes received and sent a second", _HOST),
    _system("requests_per_second", "Requests", "1/s", "neutral", "Requests / seconds", _APP),
    _system("error_rate", "Error rate", "%", "lower",
            "Requests answered with a server error / requests × 100", _APP,
            Bounds(target=1, critical=5)),
    _system("response_time_p50", "Response time, median", "s", "lower",
            "50th percentile from merged histograms", _APP),
    _system("response_time_p95", "Response time, 95th percentile", "s", "lower",
            "95th percentile from merged histograms", _APP, Bounds(target=2)),
    _system("response_time_p99", "Response time, 99th percentile", "s", "lower",
            "99th percentile from merged histograms", _APP),
    _system("database_connections", "Database connections", "connections", "lower",
            "Connections by state", _DATABASE),
    _system("database_pool_use", "Database pool use", "%", "lower",
            "Connections in use / connections allowed × 100", _DATABASE),
    _system("slowest_queries", "Slowest query", "ms", "lower",
            "Longest mean time among the statements of the range", _DATABASE),
    _system("database_size", "Database size", "bytes", "neutral", "Size on disk", _DATABASE),
)  # fmt: skip
