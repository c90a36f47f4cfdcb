"""From nothing to ready, the second start, and what the worker takes."""

from __future__ import annotations

import time

import psutil

from bench.report import Row
from bench.servers import Server, new_home, product, throw_away


def starts() -> list[Row]:
    """On a new home each: three first starts and three second ones, the median of each."""
    first, second, worker = [], [], 0.0
    for _ in range(3):
        home = new_home()
        server = product(home)
        first.append(server.start())
        server.stop()
        second.append(server.start())
        time.sleep(8)
        worker = max(worker, worker_rss_mib(server))
        server.stop()
        throw_away(home)
    zero, again = sorted(first)[1], sorted(second)[1]
    return [
        Row("zero to ready (initdb, schema, app)", f"{zero:.2f} s", "", "≤ 5 s", zero <= 5),
        Row("second start to ready", f"{again:.2f} s", "", "≤ 3 s", again <= 3),
        Row("worker RSS", f"{worker:.0f} MiB", "", "≤ 150 MB", 0 < worker * 1.048576 <= 150),
    ]


def worker_rss_mib(server: Server) -> float:
    """Memory of the worker that the web process started; 0 when there is none."""
    assert server.process is not None
    return sum(
        child.memory_info().rss / 2**20
        for child in psutil.Process(server.process.pid).children()
        if "worker" in child.cmdline()
    )
