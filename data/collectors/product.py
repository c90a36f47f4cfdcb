"""CPU, memory and threads of this product's own processes on this host."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from data import database
from data.collectors import kernel
from data.collectors.reading import Rates, Reading

_FIND_AGAIN_S = 10.0


@dataclass(frozen=True)
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
        self._web: list[int] = []
        self._rates = Rates()
        self._seen: set[str] = set()

    def read(self, now: float) -> Reading:
        """Web processes are looked for every ten seconds; without any, their figures are None."""
        if now - self._found_at >= _FIND_AGAIN_S:
            self._web = list(self._web_pids())
            self._found_at = now
        self._seen.clear()
        found = [self._usage(pid, now) for pid in self._web]
        web = [usage for usage in found if usage is not None]
        worker = self._usage(os.getpid(), now)
        self._rates.keep_only(self._seen)
        return Reading(
            {"web_processes": float(len(web)), **_figures("web", web)}
            | _figures("worker", [worker] if worker else [])
        )

    def _usage(self, pid: int, now: float) -> _Usage | None:
        told = kernel.process(pid)
        if told is None:
            return None
        key = f"{pid} {told.began}"
        self._seen.add(key)
        share = self._rates.per_second(key, told.cpu_s, now)
        return _Usage(None if share is None else 100 * share, told.memory_bytes, told.threads)


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
