"""A connection for health checks: never waits longer than its budget, even for a server that hangs.

A stopped process keeps its sockets open, so neither a connection timeout nor a keep-alive notices;
only a client that does not block can.
"""

from __future__ import annotations

import select
import threading
import time
from typing import Any

import psycopg2
from psycopg2 import extensions

from data import database

_WAITS = {extensions.POLL_READ: select.POLLIN, extensions.POLL_WRITE: select.POLLOUT}


class Probe:
    """One connection beside the pool, made again whenever it breaks. Safe to share by threads."""

    def __init__(self, budget_s: float = 1.2) -> None:
        self.budget_s = budget_s
        self._lock = threading.Lock()
        self._connection: Any = None
        self._url = ""

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query without parameters. Raises DatabaseUnavailable within the budget."""
        deadline = time.monotonic() + self.budget_s
        if not self._lock.acquire(timeout=self.budget_s):
            raise database.DatabaseUnavailable(_said("another check still waits for it"))
        try:
            return self._asked(sql, deadline)
        except (psycopg2.Error, TimeoutError, OSError) as error:
            self.close()
            raise database.DatabaseUnavailable(_said(str(error))) from error
        finally:
            self._lock.release()

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _asked(self, sql: str, deadline: float) -> list[tuple[Any, ...]]:
        try:
            return self._once(sql, deadline)
        except psycopg2.OperationalError:
            # The connection of an earlier life of the server; one new one tells the truth.
            self.close()
            return self._once(sql, deadline)

    def _once(self, sql: str, deadline: float) -> list[tuple[Any, ...]]:
        connection = self._opened(deadline)
        cursor = connection.cursor()
        cursor.execute(sql)
        _wait(connection, deadline)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def _opened(self, deadline: float) -> Any:
        url = database.url().replace("+psycopg2", "", 1)
        if self._connection is None or self._connection.closed or url != self._url:
            self.close()
            self._url = url
            self._connection = psycopg2.connect(
                url, async_=True, application_name="sentia-health", options="-c timezone=UTC"
            )
            _wait(self._connection, deadline)
        return self._connection


def _wait(connection: Any, deadline: float) -> None:
    """Drive libpq until it is done. Raises TimeoutError at the deadline."""
    while (state := connection.poll()) != extensions.POLL_OK:
        left = deadline - time.monotonic()
        waiter = select.poll()
        waiter.register(connection.fileno(), _WAITS[state])
        if left <= 0 or not waiter.poll(left * 1000):
            raise TimeoutError("no answer in time")


def _said(reason: str) -> str:
    """Why, without addresses: health answers are open to anyone."""
    if "FATAL:" in reason:
        why = " ".join(reason.split("FATAL:", 1)[1].split())[:120]
    elif "refused" in reason or "No such file" in reason:
        why = "nothing listens at its address"
    elif "still waits" in reason or "no answer" in reason:
        why = reason
    else:
        why = "the connection broke"
    return f"PostgreSQL does not answer: {why}."
