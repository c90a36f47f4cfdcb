"""Which worker of the fleet runs the fleet's jobs: the one that holds a lock in PostgreSQL.

The lock lives as long as its connection: the kernel closes that of a killed worker at once, and
the server asks a silent peer by keep-alive and gives it up after about ten seconds.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg2
import structlog

_log = structlog.get_logger()
EVERY_S = 2.0
# Confirmed less often than this, a leader stands back: another may have been given the lock.
_TRUSTED_S = 8.0
_TRY = "SELECT pg_try_advisory_lock(hashtextextended('sentia worker leads', 0))"
_NOTICE_DEAD_PEERS = (
    "SET tcp_keepalives_idle = 4; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; "
    "SET tcp_user_timeout = 10000; SET client_connection_check_interval = 2000"
)


class Leadership:
    """Tries for the lock every two seconds, and confirms that it still holds it."""

    def __init__(self, url: Callable[[], str], on_taken: Callable[[], None]) -> None:
        self._url = url
        self._on_taken = on_taken
        self._connection: Any = None
        self._confirmed = -_TRUSTED_S
        self._holds = False

    @property
    def held(self) -> bool:
        """Whether this worker leads."""
        return self._holds and time.monotonic() - self._confirmed < _TRUSTED_S

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; the lock is given up at the end."""
        while not stop.is_set():
            try:
                self._step()
            except psycopg2.Error:
                self._lose()
            stop.wait(EVERY_S)
        self._lose()

    def _step(self) -> None:
        began = time.monotonic()
        cursor = self._cursor()
        cursor.execute("SELECT 1" if self._holds else _TRY)
        answer = cursor.fetchone()[0]
        if not self._holds and not answer:
            return
        self._confirmed = began
        if not self._holds:
            self._holds = True
            _log.info("this worker leads")
            self._on_taken()

    def _cursor(self) -> Any:
        if self._connection is None:
            self._connection = psycopg2.connect(
                self._url().replace("+psycopg2", ""),
                connect_timeout=2,
                application_name="sentia worker",
                keepalives_idle=4,
                keepalives_interval=2,
                keepalives_count=3,
                tcp_user_timeout=8000,
            )
            self._connection.autocommit = True
            self._connection.cursor().execute(_NOTICE_DEAD_PEERS)
        return self._connection.cursor()

    def _lose(self) -> None:
        if self._holds:
            _log.info("this worker no longer leads")
        self._holds = False
        if self._connection is not None:
            with contextlib.suppress(psycopg2.Error):
                self._connection.close()
            self._connection = None
