"""Which worker of the fleet runs the fleet's jobs: the one that holds a lock in PostgreSQL.

The lock lives as long as its connection: the kernel closes that of a killed worker at once, and
the server asks a silent peer by keep-alive and gives it up after about ten seconds. A worker that
is stopped keeps its connections, its locks and its open transactions although it does nothing. The
server knows when each worker last spoke, and the others cut off one that has been silent for long.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import structlog

from data import database, silent

_log = structlog.get_logger()
EVERY_S = 2.0
# Confirmed less often than this, a leader stands back: another may have been given the lock.
_TRUSTED_S = 8.0
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # goes on while the machine sleeps
_TRY = "SELECT pg_try_advisory_lock(hashtextextended('sentia worker leads', 0))"
_NOTICE_DEAD_PEERS = (
    "SET tcp_keepalives_idle = 4; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; "
    "SET tcp_user_timeout = 10000; SET client_connection_check_interval = 2000"
)


class Leadership:
    """Tries for the lock every two seconds, and confirms that it still holds it.

    name: what PostgreSQL calls every other connection of this process.
    """

    def __init__(
        self,
        url: Callable[[], str],
        on_taken: Callable[[], None],
        silent_s: float = silent.SILENT_S,
    ) -> None:
        self.name = f"sentia worker {secrets.token_hex(6)}"
        self._silent_s = silent_s
        self._url = url
        self._on_taken = on_taken
        self._connection: Any = None
        self._confirmed = -_TRUSTED_S
        self._holds = False
        self._term = 0
        self._acting = threading.local()

    @property
    def held(self) -> bool:
        """Whether this worker leads."""
        return self._holds and _now() - self._confirmed < _TRUSTED_S

    @contextlib.contextmanager
    def acting(self) -> Iterator[None]:
        """Within it, this thread gets a database connection only while this term lasts."""
        self._acting.term = self._term
        try:
            yield
        finally:
            self._acting.term = None

    def check(self) -> None:
        """Raise DatabaseUnavailable in a job of the leader when another may lead by now."""
        term = getattr(self._acting, "term", None)
        if term is not None and not (self.held and term == self._term):
            raise database.DatabaseUnavailable("Another worker leads; this one stands back.")

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; the lock is given up at the end."""
        while not stop.is_set():
            try:
                self._step()
            except psycopg2.Error:
                self._lose()
            except Exception as error:  # without this thread nobody here would ever lead again
                _log.error("leading failed", exc_info=error)
                self._lose()
            stop.wait(EVERY_S)
        self._lose()

    def _step(self) -> None:
        began = _now()
        cursor = self._cursor()
        cursor.execute(silent.CUT_OFF, (self._silent_s,))
        if cut := cursor.fetchone()[0]:
            _log.warning("a silent worker is cut off", connections=cut)
            time.sleep(0.2)  # its locks go a moment later
        cursor.execute("SELECT true" if self._holds else _TRY)
        if not cursor.fetchone()[0]:
            return
        self._confirmed = began
        if not self._holds:
            self._term += 1
            self._holds = True
            _log.info("this worker leads")
            self._on_taken()

    def _cursor(self) -> Any:
        if self._connection is None:
            self._connection = psycopg2.connect(
                self._url().replace("+psycopg2", ""),
                connect_timeout=2,
                application_name=f"{self.name} leads",
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


def _now() -> float:
    return time.clock_gettime(_CLOCK)
