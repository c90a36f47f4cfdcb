"""What the web process does again and again, each in a thread of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

from config.settings import settings
from data import database
from data.database import DatabaseUnavailable
from data.metrics.application import WINDOW, write_application
from server.instrument import open_pages

_log = structlog.get_logger()
_WATCH_S = 30.0


def all_ticks() -> list[Any]:
    """Coroutines that never end."""
    return [
        repeat("counts", settings().sample_interval, write_counts),
        # A worker that is silent cannot tell anybody that it is.
        repeat("watch", _WATCH_S, watch_worker),
    ]


async def repeat(name: str, every_s: float, work: Callable[[], Any]) -> None:
    """Call `work` on the clock's grid; a call that hangs delays its own next one and no other."""
    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(1, thread_name_prefix=name)
    while True:
        await asyncio.sleep(every_s - time.time() % every_s)
        try:
            await loop.run_in_executor(thread, work)
        except DatabaseUnavailable:
            continue
        except Exception as error:
            _log.error("a duty of the web process failed", duty=name, exc_info=error)


def write_counts() -> None:
    """Write down what was counted; an outage of the database loses no count."""
    pool: Any = database.engine().pool
    snapshot = WINDOW.take(open_pages(), pool.checkedout(), pool.size())
    try:
        write_application(settings().instance, None, snapshot)
    except DatabaseUnavailable:
        WINDOW.put_back(snapshot)


def watch_worker() -> None:
    """Judge the rules about the worker's silence, while it judges none itself."""
    from alerts import duties  # brings charts for e-mail along: not at the start

    duties.watch_worker()
