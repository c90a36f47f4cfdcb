"""Keeps what this process started alive: the worker, and the embedded PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import structlog

from config.settings import settings
from data import database
from data.embedded import EmbeddedError
from data.metrics import heartbeat

ROOT = Path(__file__).parent.parent
_STOP_S = 1.5
_log = structlog.get_logger()


class WorkerChild:
    """`python -m worker` as a child that is started again when it dies, ever less eagerly.

    The child reads its standard input and leaves at its end, so it does not outlive this process
    however that one dies.
    """

    def __init__(
        self,
        command: Sequence[str] = (sys.executable, "-m", "worker", "--managed"),
        first_wait_s: float = 1.0,
        longest_wait_s: float = 30.0,
    ) -> None:
        self.command = command
        self.first_wait_s = first_wait_s
        self.longest_wait_s = longest_wait_s
        self.process: asyncio.subprocess.Process | None = None
        self.restarts = 0

    async def run(self) -> None:
        """Start it and start it again, until this task is cancelled."""
        wait_s = self.first_wait_s
        while True:
            began = time.monotonic()
            status = await self._live()
            if time.monotonic() - began > 60:
                wait_s = self.first_wait_s
            self.restarts += 1
            _log.warning("worker died; it starts again", status=status, wait_s=wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, self.longest_wait_s)

    async def _live(self) -> int:
        self.process = await asyncio.create_subprocess_exec(
            *self.command, cwd=ROOT, stdin=asyncio.subprocess.PIPE, start_new_session=True
        )
        return await self.process.wait()

    async def stop(self) -> None:
        """Ask it to leave, then make it; its own children go with it."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def keep_embedded_alive(every_s: float = 1.0) -> None:
    """Start the embedded PostgreSQL again after a crash; a clean stop is someone's wish."""
    while True:
        await asyncio.sleep(every_s)
        server = database.embedded()
        if server is None or not await asyncio.to_thread(server.crashed):
            continue
        _log.warning("embedded PostgreSQL died; it starts again")
        try:
            await asyncio.to_thread(server.start)
        except EmbeddedError as error:
            _log.error("embedded PostgreSQL does not start", error=str(error))
            await asyncio.sleep(5)


def stop_database(limit_s: float = 1.5) -> None:
    """Leave the database; a shutdown that takes too long becomes an immediate one.

    The immediate one loses nothing that was committed: the next start replays the log.
    """
    server = database.embedded()
    leaving = threading.Thread(target=_leave, daemon=True)
    leaving.start()
    leaving.join(limit_s)
    pid = server.postmaster_pid() if leaving.is_alive() and server is not None else None
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)
        leaving.join(1)


def _leave() -> None:
    with contextlib.suppress(Exception):  # the database may be what is wrong
        heartbeat.leave(settings().instance, "web")
    database.stop()
