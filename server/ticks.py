"""Writes down, each tick, what this process counted; an outage of the database loses no count."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

from config.settings import settings
from data import database
from data.database import DatabaseUnavailable
from data.metrics.application import WINDOW, write_application
from server.instrument import open_pages

_log = structlog.get_logger()


async def write_for_ever() -> None:
    """On the grid of the sampling interval, in a thread of its own: a hanging write blocks none."""
    every = settings().sample_interval
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, thread_name_prefix="ticks") as thread:
        while True:
            await asyncio.sleep(every - time.time() % every)
            await loop.run_in_executor(thread, write)


def write() -> None:
    """One tick."""
    pool: Any = database.engine().pool
    snapshot = WINDOW.take(open_pages(), pool.checkedout(), pool.size())
    try:
        write_application(settings().instance, None, snapshot)
    except DatabaseUnavailable:
        WINDOW.put_back(snapshot)
    except Exception as error:
        _log.error("a tick could not be written", exc_info=error)
