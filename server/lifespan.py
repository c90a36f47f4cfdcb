"""From start to stop of the web process, in order; see startup.py for what a start is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from streamlit import config as streamlit_config

from auth import passwords
from config import logging
from config.settings import settings
from data.database import DatabaseUnavailable
from server import announce, supervise, ticks, tuning
from server.startup import FATAL, bring_up

_log = structlog.get_logger()


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Bring everything up, serve, and leave no process behind."""
    logging.configure(settings().log_level)
    passwords.work_aside()
    running = Running()
    try:
        await running.start()
        yield
    finally:
        await running.stop()


class Running:
    """The background tasks of a web process, and the worker beside it."""

    def __init__(self) -> None:
        self.worker = supervise.WorkerChild()
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """The first attempt is waited for; an external database that is away is not."""
        try:
            await self._bring_up()
        except DatabaseUnavailable as error:
            print(announce.waiting(str(error)), file=sys.stderr, flush=True)
            self._keep(self._try_again())
        except FATAL as error:
            await self._give_up(error)

    async def stop(self) -> None:
        """Worker first, as it uses the database; then the database."""
        for task in self.tasks:
            task.cancel()
        await self.worker.stop()
        await asyncio.to_thread(supervise.stop_database)
        # A script run or a query that hangs would keep its thread, and with it the process.
        threading.Timer(1.0, os._exit, (0,)).start()

    async def _bring_up(self) -> None:
        password = await asyncio.to_thread(bring_up)
        port = int(streamlit_config.get_option("server.port"))
        print(announce.ready(port, password), flush=True)
        self._keep(supervise.keep_embedded_alive())
        for tick in ticks.all_ticks():
            self._keep(tick)
        if settings().sentia_worker == "managed":
            self._keep(self.worker.run())
        self._keep(asyncio.to_thread(tuning.warm))

    async def _try_again(self) -> None:
        while True:
            await asyncio.sleep(2)
            with contextlib.suppress(DatabaseUnavailable, *FATAL):
                await self._bring_up()
                return

    async def _give_up(self, error: Exception) -> None:
        print(error, file=sys.stderr, flush=True)
        await asyncio.to_thread(supervise.stop_database)
        # uvicorn would turn any exception here into a traceback and exit status 3.
        os._exit(2)

    def _keep(self, work: Any) -> None:
        self.tasks.append(asyncio.ensure_future(work))
