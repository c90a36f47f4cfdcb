"""CPU, memory and threads of this product's own processes on this host."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psutil

from data import database
from data.collectors.reading import Rates, Reading

_FIND_AGAIN_S = 10.0


@dataclass
class _Usage:
    """Of one process; cpu_pct is percent of one core, None at first sight."""

    cpu_pct: float | None
    memory_bytes: float
    threads: float


class Product:
    """The web processes of this host that share this database, and the worker, which is us."""

    name = "product"

    def __init__(self, web_pids: Callable[[], Iterable[int]]) -> None:
        self._web_pids = web_pids
        self._found_at = -_FIND_AGAIN_S
        self._web: dict[int, psutil.Process] = {}
        self._worker = psutil.Process()
        self._rates = Rates()

    def read(self, now: float) -> Reading:
        """Web processes are looked for every ten seconds; without any, their figures are None."""
        if now - self._found_at >= _FIND_AGAIN_S:
            self._find()
            self._found_at = now
        found = [self._usage(process, now) for process in list(self._web.values())]
        web = [usage for usage in found if usage is not None]
        worker = self._usage(self._worker, now)
        return Reading(
            {"web_processes": float(len(web)), **_figures("web", web)}
            | _figures("worker", [worker] if worker else [])
        )

    def _find(self) -> None:
        wanted = set(self._web_pids())
        self._web = {pid: known for pid, known in self._web.items() if pid in wanted}
        for pid in wanted - self._web.keys():
            try:
                self._web[pid] = psutil.Process(pid)
            except psutil.NoSuchProcess:
                continue

    def _usage(self, process: psutil.Process, now: float) -> _Usage | None:
        """None for a process that is gone; it is looked for again later."""
        try:
            with process.oneshot():
                times = process.cpu_times()
                memory = process.memory_info().rss
                threads = process.num_threads()
        except psutil.Error:
            self._web.pop(process.pid, None)
            return None
        share = self._rates.per_second(str(process.pid), times.user + times.system, now)
        return _Usage(None if share is None else 100 * share, memory, threads)


def _figures(kind: str, found: list[_Usage]) -> dict[str, float | None]:
    shares = [usage.cpu_pct for usage in found if usage.cpu_pct is not None]
    return {
        f"{kind}_cpu_pct": sum(shares) if shares else None,
        f"{kind}_memory_bytes": sum(usage.memory_bytes for usage in found) if found else None,
        f"{kind}_threads": sum(usage.threads for usage in found) if found else None,
    }


def registered_web_pids(host: str) -> list[int]:
    """Web processes of this host that showed a sign of life within 30 s."""
    rows = database.read(
        "SELECT pid FROM processes WHERE host = :host AND kind = 'web' "
        "AND last_seen_at > now() - interval '30 seconds'",
        host=host,
    )
    return [int(row["pid"]) for row in rows]
