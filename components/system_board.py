"""What the Performance page shows of hosts, application and database: which tiles, which charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from components import units
from components.board import Chart
from components.charts import Threshold
from components.tiles import Tile
from config.metrics import METRICS, Metric

TILES = (
    "cpu_pct",
    "memory_pct",
    "response_time_p95",
    "error_rate",
    "request_rate",
    "load1",
    "disk_pct",
    "database_connections",
)
_QUIET = "No requests in this period."
_NO_CORES = "Figures of single cores are kept for recent samples only."


def _chart(key: str, title: str, note: str, unit: str, **columns: str) -> Chart:
    return Chart(key, title, note, columns, unit)


def _limited(key: str, title: str, note: str, limits: str, **columns: str) -> Chart:
    """A chart with the threshold lines of the metric `limits`."""
    metric = METRICS[limits]
    return Chart(
        key, title, note, columns, metric.unit, thresholds=thresholds(metric),
        high=100.0 if key in ("cpu", "memory") else None,
        nothing=_QUIET if metric.area == "application" else "No samples in this period.",
    )  # fmt: skip


def thresholds(metric: Metric) -> tuple[Threshold, ...]:
    """The metric's bound as a line with its figure."""
    if metric.warning is None:
        return ()
    mark = {"percent": "%", "seconds": "s"}.get(metric.unit, "")
    return (Threshold(metric.warning, f"limit {metric.warning:g} {mark}".strip(), "warning"),)


HOST = (
    _limited("cpu", "CPU", "% of all cores", "cpu_pct", cpu_pct="All", cpu_user_pct="Programs",
             cpu_system_pct="Kernel", cpu_iowait_pct="Waiting for disks"),
    _limited("memory", "Memory", "% in use", "memory_pct", memory_pct="Memory", swap_pct="Swap"),
    Chart("cores", "CPU by core", "% of each core", {}, "percent", high=100.0, nothing=_NO_CORES),
    _chart("load", "Load", "runnable processes", "number", load1="1 min", load5="5 min",
           load15="15 min"),
    _chart("disk-io", "Disk traffic", "bytes a second", "bytes_per_second",
           disk_read_bytes_s="Read", disk_write_bytes_s="Written"),
    _chart("network", "Network", "bytes a second", "bytes_per_second",
           network_receive_bytes_s="Received", network_send_bytes_s="Sent"),
    _limited("disk", "Disk space", "% used of the fullest disk", "disk_pct", disk_pct="Used"),
    _chart("processes", "Processes", "on the host", "count", processes="Processes"),
    _chart("switches", "Context switches", "a second", "per_second",
           context_switches_s="Switches", interrupts_s="Interrupts"),
)  # fmt: skip
APPLICATION = (
    _limited("response", "Response time", "p50, p95, p99", "response_time_p95",
             response_time_p50="p50", response_time_p95="p95", response_time_p99="p99"),
    _chart("requests", "Requests", "a second", "per_second", request_rate="Requests",
           page_rate="Page runs"),
    _limited("errors", "Errors", "% of requests", "error_rate", error_rate="Requests",
             page_error_rate="Page runs"),
    _limited("page-time", "Page run time", "p50, p95, p99", "page_time_p95", page_time_p50="p50",
             page_time_p95="p95", page_time_p99="p99"),
    _chart("own-cpu", "CPU of this application", "% of one core", "percent", web_cpu_pct="Web",
           worker_cpu_pct="Worker"),
    _chart("own-memory", "Memory of this application", "resident", "bytes",
           web_memory_bytes="Web", worker_memory_bytes="Worker"),
)  # fmt: skip
DATABASE = (
    Chart("connections", "Connections", "by state",
          {"database_active": "Working", "database_idle": "Idle",
           "database_idle_in_transaction": "Idle in transaction", "database_waiting": "Waiting"},
          "count", "stacked"),
    Chart("cache", "Cache hits", "% of blocks read", {"database_cache_hit_pct": "Hits"}, "percent",
          low=None),
    _chart("commits", "Transactions", "a second", "per_second", database_commits_s="Commits",
           database_rollbacks_s="Rollbacks"),
    _chart("rows", "Rows", "a second", "per_second", database_rows_read_s="Read",
           database_rows_written_s="Written"),
    _chart("database-size", "Database size", "on disk", "bytes", database_size_bytes="Size"),
    _chart("longest", "Longest transaction", "open now", "seconds", database_longest_s="Longest"),
)  # fmt: skip
_FIRST = ("cpu", "memory", "network", "response", "requests", "errors", "connections", "disk-io",
          "own-memory")  # fmt: skip
_ALL = {chart.key: chart for chart in (*HOST, *APPLICATION, *DATABASE)}
WORKER = "Worker"
VIEWS: Mapping[str, Sequence[Chart]] = {
    "At a glance": tuple(_ALL[key] for key in _FIRST),
    "Host": HOST,
    "Application": APPLICATION,
    "Database": DATABASE,
    WORKER: (),
}
STORED = tuple(
    sorted({name for chart in _ALL.values() for name in chart.columns if METRICS[name].stored})
)


def tiles(
    values: Mapping[str, float | None],
    history: pd.DataFrame,
    dated: Tile,
    names: Sequence[str] = TILES,
) -> list[Tile]:
    """The headline tiles: newest value, its course over the period, and its bounds.

    dated: a tile that says source, age and link of them all.
    """
    return [_tile(METRICS[name], values.get(name), history, dated) for name in names]


def cores(frame: pd.DataFrame, chart: Chart) -> Chart:
    """The chart of single cores with the columns that there are, named from 0."""
    names = sorted(map(str, frame.columns), key=lambda name: int(name.rpartition(".")[2]))
    columns = {name: f"Core {name.rpartition('.')[2]}" for name in names}
    return Chart(
        chart.key, chart.title, chart.note, columns, chart.unit, high=chart.high,
        nothing=chart.nothing,
    )  # fmt: skip


def _tile(metric: Metric, value: float | None, history: pd.DataFrame, dated: Tile) -> Tile:
    known = history[metric.name].tolist() if metric.name in history.columns else []
    quiet = metric.area == "application"
    return replace(
        dated,
        title=metric.title,
        value=value,
        unit=metric.unit,
        better="lower" if metric.warning is not None else "neutral",
        warning=metric.warning,
        critical=metric.critical,
        spark=[None if units.missing(figure) else figure for figure in known],
        reason=_QUIET if quiet else "No sample has been received.",
        step="" if quiet else "The worker takes them; see whether it runs.",
    )
