"""Every live metric, defined once: pages, alerts, Prometheus and storage read this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Area = Literal["system", "product", "database", "application"]
Aggregation = Literal["mean", "sum", "max", "merged"]


@dataclass(frozen=True)
class Metric:
    """One series of each instance.

    name: as alerts and Prometheus write it and, where `stored`, the column of metric_samples.
    aggregation: how several instances become one figure; `merged` comes out of the merged
    histograms and counts of all. warning, critical: a value above is that bad; None: no bound.
    """

    name: str
    title: str
    unit: str
    area: Area
    aggregation: Aggregation
    warning: float | None = None
    critical: float | None = None

    @property
    def stored(self) -> bool:
        """Whether it is a column of metric_samples; the others come from the histograms."""
        return self.area != "application"


_ALL = (
    Metric("cpu_pct", "CPU", "percent", "system", "mean", 80, 85),
    Metric("cpu_user_pct", "CPU in programs", "percent", "system", "mean"),
    Metric("cpu_system_pct", "CPU in the kernel", "percent", "system", "mean"),
    Metric("cpu_iowait_pct", "CPU waiting for disks", "percent", "system", "mean"),
    Metric("cpu_steal_pct", "CPU taken by other machines", "percent", "system", "mean"),
    Metric("load1", "Load, 1 min", "number", "system", "mean"),
    Metric("load5", "Load, 5 min", "number", "system", "mean"),
    Metric("load15", "Load, 15 min", "number", "system", "mean"),
    Metric("context_switches_s", "Context switches", "per_second", "system", "sum"),
    Metric("interrupts_s", "Interrupts", "per_second", "system", "sum"),
    Metric("processes", "Processes", "processes", "system", "sum"),
    Metric("uptime_s", "Up since", "seconds", "system", "max"),
    Metric("memory_pct", "Memory", "percent", "system", "mean", 85, 90),
    Metric("memory_used_bytes", "Memory in use", "bytes", "system", "sum"),
    Metric("memory_available_bytes", "Memory available", "bytes", "system", "sum"),
    Metric("memory_cached_bytes", "Memory holding file contents", "bytes", "system", "sum"),
    Metric("swap_pct", "Swap", "percent", "system", "mean"),
    Metric("swap_used_bytes", "Swap in use", "bytes", "system", "sum"),
    Metric("swap_in_bytes_s", "Swapped in", "bytes_per_second", "system", "sum"),
    Metric("swap_out_bytes_s", "Swapped out", "bytes_per_second", "system", "sum"),
    Metric("disk_pct", "Fullest disk", "percent", "system", "max", 85, 95),
    Metric("disk_used_bytes", "Disk space in use", "bytes", "system", "sum"),
    Metric("disk_free_bytes", "Disk space free", "bytes", "system", "sum"),
    Metric("disk_read_bytes_s", "Read from disks", "bytes_per_second", "system", "sum"),
    Metric("disk_write_bytes_s", "Written to disks", "bytes_per_second", "system", "sum"),
    Metric("disk_reads_s", "Disk reads", "per_second", "system", "sum"),
    Metric("disk_writes_s", "Disk writes", "per_second", "system", "sum"),
    Metric("disk_busy_pct", "Busiest disk", "percent", "system", "max"),
    Metric("network_receive_bytes_s", "Network received", "bytes_per_second", "system", "sum"),
    Metric("network_send_bytes_s", "Network sent", "bytes_per_second", "system", "sum"),
    Metric("network_receive_packets_s", "Packets received", "per_second", "system", "sum"),
    Metric("network_send_packets_s", "Packets sent", "per_second", "system", "sum"),
    Metric("network_errors_s", "Network errors", "per_second", "system", "sum"),
    Metric("network_drops_s", "Packets dropped", "per_second", "system", "sum"),
    Metric("web_processes", "Web processes", "processes", "product", "sum"),
    Metric("web_cpu_pct", "CPU of the web processes", "percent", "product", "sum"),
    Metric("web_memory_bytes", "Memory of the web processes", "bytes", "product", "sum"),
    Metric("web_threads", "Threads of the web processes", "count", "product", "sum"),
    Metric("worker_cpu_pct", "CPU of the worker", "percent", "product", "sum"),
    Metric("worker_memory_bytes", "Memory of the worker", "bytes", "product", "sum"),
    Metric("worker_threads", "Threads of the worker", "count", "product", "sum"),
    Metric("database_connections", "Connections", "connections", "database", "max"),
    Metric("database_connections_pct", "Connections used", "percent", "database", "max", 80, 95),
    Metric("database_active", "Connections working", "connections", "database", "max"),
    Metric("database_idle", "Connections idle", "connections", "database", "max"),
    Metric("database_idle_in_transaction", "Idle in transaction", "connections", "database", "max"),
    Metric("database_waiting", "Waiting for a lock", "connections", "database", "max"),
    Metric("database_longest_s", "Longest transaction", "seconds", "database", "max"),
    Metric("database_cache_hit_pct", "Cache hits", "percent", "database", "mean"),
    Metric("database_commits_s", "Commits", "per_second", "database", "mean"),
    Metric("database_rollbacks_s", "Rollbacks", "per_second", "database", "mean"),
    Metric("database_blocks_read_s", "Blocks read", "per_second", "database", "mean"),
    Metric("database_rows_read_s", "Rows read", "per_second", "database", "mean"),
    Metric("database_rows_written_s", "Rows written", "per_second", "database", "mean"),
    Metric("database_temp_bytes_s", "Sorted on disk", "bytes_per_second", "database", "mean"),
    Metric("database_deadlocks_s", "Deadlocks", "per_second", "database", "mean"),
    Metric("database_size_bytes", "Size of the database", "bytes", "database", "max"),
    Metric("request_rate", "Requests", "per_second", "application", "merged"),
    Metric("error_rate", "Requests that failed", "percent", "application", "merged", 1, 5),
    Metric("response_time_p50", "Response time, median", "seconds", "application", "merged"),
    Metric("response_time_p95", "Response time, p95", "seconds", "application", "merged", 2, 5),
    Metric("response_time_p99", "Response time, p99", "seconds", "application", "merged"),
    Metric("page_rate", "Page runs", "per_second", "application", "merged"),
    Metric("page_error_rate", "Page runs that failed", "percent", "application", "merged", 1, 5),
    Metric("page_time_p50", "Page run, median", "seconds", "application", "merged"),
    Metric("page_time_p95", "Page run, p95", "seconds", "application", "merged", 2, 5),
    Metric("page_time_p99", "Page run, p99", "seconds", "application", "merged"),
    Metric("open_pages", "Open pages", "count", "application", "sum"),
    Metric("pool_in_use", "Pooled connections in use", "connections", "application", "sum"),
    Metric("pool_pct", "Pool in use", "percent", "application", "max", 80, 95),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
STORED: tuple[str, ...] = tuple(metric.name for metric in _ALL if metric.stored)
