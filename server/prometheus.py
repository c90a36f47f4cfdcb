"""`/metrics`: this process, this host, requests, page runs, database pool, jobs and sessions."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Iterable
from typing import Any

import psutil
from prometheus_client import (
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from auth import sessions
from config.settings import settings
from data import database
from data.database import DatabaseUnavailable
from server.dependencies import PROBE
from server.instrument import REGISTRY
from server.problems import problem
from server.proxies import is_this_machine
from server.version import version


async def metrics(request: Request) -> Response:
    """The exposition, to whoever has the token, or to this machine when none is set."""
    if not _allowed(request):
        return problem(403, "Metrics need METRICS_TOKEN as a bearer token, or a request from here.")
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    body = await asyncio.to_thread(encode, REGISTRY)
    return Response(body, headers={"Content-Type": content_type, "Cache-Control": "no-store"})


def _allowed(request: Request) -> bool:
    token = settings().metrics_token
    if token is None:
        return is_this_machine(request.scope)
    given = request.headers.get("authorization", "")
    expected = f"Bearer {token.get_secret_value()}"
    return hmac.compare_digest(given.encode("latin-1", "replace"), expected.encode())


class Host(Collector):
    """The machine, as the kernel counts it."""

    def collect(self) -> Iterable[Metric]:
        """Read at the moment of scraping."""
        cpu = _counter("sentia_host_cpu_seconds", "Time of all CPUs by mode.", ("mode",))
        for mode, seconds in psutil.cpu_times()._asdict().items():
            cpu.add_metric((mode,), seconds)
        yield cpu
        memory = psutil.virtual_memory()
        yield _gauge("sentia_host_memory_size_bytes", "Memory in all.", memory.total)
        yield _gauge("sentia_host_memory_available_bytes", "Memory to be had.", memory.available)
        yield _gauge("sentia_host_swap_used_bytes", "Swap in use.", psutil.swap_memory().used)
        yield _gauge("sentia_host_load1", "Mean run queue, 1 min.", psutil.getloadavg()[0])
        disk = psutil.disk_usage("/")
        yield _gauge("sentia_host_disk_size_bytes", "Root file system in all.", disk.total)
        yield _gauge("sentia_host_disk_free_bytes", "Root file system, free.", disk.free)
        network = psutil.net_io_counters()
        moved = _counter("sentia_host_network_bytes", "Bytes over all interfaces.", ("direction",))
        moved.add_metric(("receive",), network.bytes_recv)
        moved.add_metric(("send",), network.bytes_sent)
        yield moved
        yield _gauge("sentia_host_processes", "Processes.", len(psutil.pids()))


class Database(Collector):
    """The pool of this process, and what PostgreSQL tells about jobs and sessions."""

    def collect(self) -> Iterable[Metric]:
        """Without PostgreSQL its series are missing, and `sentia_database_up` is 0."""
        try:
            told = list(self._told())
        except DatabaseUnavailable:
            told = []
        yield _gauge("sentia_database_up", "1 when PostgreSQL answers.", float(bool(told)))
        yield from told
        yield from _pool()

    def _told(self) -> Iterable[Metric]:
        yield from _jobs(PROBE.ask(_JOBS))
        signed_in = float(PROBE.ask(_SIGNED_IN)[0][0])
        yield _gauge("sentia_sessions_signed_in", "Sessions that admit now.", signed_in)
        yield from _integrations()


_SIGNED_IN = (
    f"SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE {sessions.LIVE}"
)
_JOBS = """
    SELECT job, host, runs, failures, coalesce(duration_s, 0),
           coalesce(extract(epoch FROM last_success_at), 0)::float
    FROM job_runs ORDER BY job, host
"""


def _jobs(rows: list[tuple[Any, ...]]) -> Iterable[Metric]:
    labels = ("job", "host")
    series: tuple[tuple[Any, int], ...] = (
        (_counter("sentia_job_runs", "Runs of a worker's job.", labels), 2),
        (_counter("sentia_job_failures", "Runs of a worker's job that failed.", labels), 3),
        (_labelled("sentia_job_duration_seconds", "Time its last run took.", labels), 4),
        (_labelled("sentia_job_last_success_timestamp_seconds", "Its last success.", labels), 5),
    )
    for family, column in series:
        for row in rows:
            family.add_metric((row[0], row[1]), row[column])
        yield family


def _integrations() -> Iterable[Metric]:
    """One family a name; a figure without a value is left out."""
    from data.integrations import figures  # brings every vendor's client along: not at the start

    families: dict[str, GaugeMetricFamily] = {}
    for one in figures.figures():
        names = tuple(one.labels)
        family = families.setdefault(one.name, _labelled(one.name, one.help, names))
        family.add_metric(tuple(one.labels.values()), one.value)
    yield from families.values()


def _pool() -> Iterable[Metric]:
    pool: Any = database.engine().pool
    states = _labelled(
        "sentia_database_pool_connections", "Connections of this process.", ("state",)
    )
    states.add_metric(("in_use",), pool.checkedout())
    states.add_metric(("idle",), pool.checkedin())
    yield states
    yield _gauge("sentia_database_pool_size", "Connections it may keep at most.", pool.size())


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _labelled(name: str, text: str, labels: tuple[str, ...]) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=labels)


def _counter(name: str, text: str, labels: tuple[str, ...]) -> CounterMetricFamily:
    return CounterMetricFamily(name, text, labels=labels)


class Product(Collector):
    """Which version runs."""

    def collect(self) -> Iterable[Metric]:
        """A constant 1 with the version as its label."""
        info = _labelled("sentia_build_info", "The running version.", ("version",))
        info.add_metric((version(),), 1)
        yield info


disable_created_metrics()  # type: ignore[no-untyped-call]
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)
for _collector in (Product(), Host(), Database()):
    REGISTRY.register(_collector)
