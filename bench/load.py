"""How many live pages one web process holds at a refresh of 2 s with p95 under 1 s."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from statistics import quantiles

from bench.servers import Server
from bench.wire import Live, opened

REFRESH_S = 2.0
_LIMIT_S = 1.0
_STEPS = (10, 20, 40, 80, 120, 160, 200, 260, 320, 400)


@dataclass(frozen=True)
class Held:
    """What a server did with so many pages."""

    pages: int
    p95_s: float
    rss_mib: float
    cpu_ms_a_tick: float


def ramp(server: Server, slug: str, cookie: str, most: int = 400, seconds: float = 16) -> Held:
    """Open ever more pages until p95 passes the limit; returns the last step that held."""
    return asyncio.run(_ramp(server, slug, cookie, most, seconds))


async def _ramp(server: Server, slug: str, cookie: str, most: int, seconds: float) -> Held:
    pages: list[Live] = []
    best = Held(0, 0.0, server.rss_mib(), 0.0)
    for wanted in (step for step in _STEPS if step <= most):
        while len(pages) < wanted:
            pages.append(await opened(server.url, slug, cookie))
        found = await _hold(server, pages, seconds)
        if found.p95_s >= _LIMIT_S:
            break
        best = found
    await asyncio.gather(*(page.connection.close() for page in pages))
    return best


async def _hold(server: Server, pages: list[Live], seconds: float) -> Held:
    began, cpu = time.perf_counter(), server.cpu_s()
    gap = REFRESH_S / len(pages)
    took = await asyncio.gather(
        *(
            _refresh(page, began + number * gap, began + seconds)
            for number, page in enumerate(pages)
        )
    )
    cpu = server.cpu_s() - cpu
    # The first ticks find everybody's second run.
    times = [one for page in took for one in page[1:]] or [seconds]
    p95 = quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
    ticks = max(1, sum(len(page) for page in took))
    return Held(len(pages), p95, server.rss_mib(), cpu * 1000 / ticks)


async def _refresh(page: Live, first: float, end: float) -> list[float]:
    """A tick counts from the moment it was due: a server that is late makes nobody wait less."""
    due, took = first, []
    while due < end:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await page.tick()
        took.append(time.perf_counter() - due)
        due += REFRESH_S
    return took
