"""One connection with prepared statements, for what is asked again each second."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import psycopg2
import sqlalchemy

from data import database
from data.database import DatabaseUnavailable


class Direct:
    """A connection of its own, made when first needed and again after it broke.

    Each call is one round trip and a transaction of its own; parsing and planning are done once.
    For one thread.
    """

    def __init__(self) -> None:
        self._connection: Any = None
        self._prepared: set[str] = set()

    def ask(
        self, name: str, statement: str, parameters: Sequence[Any] = ()
    ) -> tuple[Any, ...] | None:
        """First row of the statement `$1 …`, prepared as `name`; None without one.

        A connection that died since the last call is replaced once. Raises DatabaseUnavailable, or
        psycopg2.Error when the statement itself is refused.
        """
        fresh = self._connection is None
        try:
            return self._asked(name, statement, parameters)
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            self.close()
            if fresh:
                raise _unavailable() from error
        try:
            return self._asked(name, statement, parameters)
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            self.close()
            raise _unavailable() from error

    def _asked(
        self, name: str, statement: str, parameters: Sequence[Any]
    ) -> tuple[Any, ...] | None:
        if self._connection is None:
            self._connect()
        cursor = self._connection.cursor()
        if name not in self._prepared:
            cursor.execute(f"PREPARE {name} AS {statement}")
            self._prepared.add(name)
        listed = ", ".join(["%s"] * len(parameters))
        cursor.execute(f"EXECUTE {name}({listed})" if parameters else f"EXECUTE {name}", parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row

    def _connect(self) -> None:
        """Out of the pool, for the engine's own settings, and never back into it."""
        try:
            pooled = database.engine().raw_connection()
        except sqlalchemy.exc.TimeoutError as error:
            raise _unavailable() from error
        pooled.detach()
        self._connection = pooled.dbapi_connection
        self._connection.autocommit = True
        self._prepared = set()

    def close(self) -> None:
        """Give the connection up; the next call makes another."""
        if self._connection is not None:
            with contextlib.suppress(psycopg2.Error):
                self._connection.close()
            self._connection = None


def _unavailable() -> DatabaseUnavailable:
    return DatabaseUnavailable("The database cannot be reached; sampling resumes once it answers.")
