"""The one way to PostgreSQL: an engine a process, bound parameters, frames and COPY."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import IO, Any

import sqlalchemy
from sqlalchemy import Connection, Engine, RowMapping, TextClause, text
from sqlalchemy.exc import DBAPIError

from config.settings import Settings, settings

_OLDEST = 150000
_lock = threading.RLock()


UNREACHABLE = "The database cannot be reached; the page comes back by itself once it answers."


class DatabaseUnavailable(Exception):
    """PostgreSQL cannot be reached; its text is one sentence."""


class DatabaseRefused(Exception):
    """DATABASE_URL names something that cannot serve; its text is one sentence."""


class _Process:
    """What this process holds open."""

    engine: Engine | None = None
    embedded: Any = None


def start(chosen: Settings | None = None) -> None:
    """Start the embedded server when no DATABASE_URL is set, and make the engine. Idempotent.

    Raises EmbeddedError or DatabaseRefused. An external server that is down raises nothing here:
    the first query says so.
    """
    chosen = chosen or settings()
    with _lock:
        if _Process.engine is not None:
            return
        if chosen.database_url is not None:
            url = _normalised(chosen.database_url.get_secret_value())
        else:
            from data.embedded import EmbeddedPostgres

            _Process.embedded = EmbeddedPostgres(chosen.sentia_home)
            _Process.embedded.start()
            url = _Process.embedded.role_url
        _Process.engine = _make_engine(url, chosen.database_pool_size)


def stop() -> None:
    """Close every connection; stop the embedded server if this was its last user."""
    with _lock:
        if _Process.engine is not None:
            _Process.engine.dispose()
            _Process.engine = None
        if _Process.embedded is not None:
            _Process.embedded.stop()
            _Process.embedded = None


def engine() -> Engine:
    """This process's engine, started on first use."""
    if _Process.engine is None:
        start()
    assert _Process.engine is not None
    return _Process.engine


def embedded() -> Any:
    """The EmbeddedPostgres this process uses, None with an external server."""
    return _Process.embedded


def url() -> str:
    """SQLAlchemy URL with the password, for child processes and PostgreSQL's own programs."""
    return engine().url.render_as_string(hide_password=False)


def owner_url() -> str:
    """The same for whoever owns the schema: another role where the server is the embedded one."""
    if _Process.embedded is None:
        return url()
    return str(_Process.embedded.url)


@contextmanager
def connection() -> Iterator[Connection]:
    """A pooled connection for reading; nothing is committed. Raises DatabaseUnavailable."""
    with _unavailable_in_words(), engine().connect() as opened:
        yield opened


@contextmanager
def owner() -> Iterator[Connection]:
    """As `connection`, of whoever owns the schema: for migrations. Raises DatabaseUnavailable."""
    made = engine() if _Process.embedded is None else _make_engine(owner_url(), 1)
    try:
        with _unavailable_in_words(), made.connect() as opened:
            yield opened
    finally:
        if made is not engine():
            made.dispose()


@contextmanager
def transaction() -> Iterator[Connection]:
    """A connection whose work is committed at the end, or not at all on any error."""
    with _unavailable_in_words(), engine().begin() as opened:
        yield opened


def read(sql: str, **parameters: Any) -> Sequence[RowMapping]:
    """All rows of a query with `:name` parameters."""
    with connection() as opened:
        return opened.execute(_statement(sql), parameters).mappings().all()


def one(sql: str, **parameters: Any) -> RowMapping | None:
    """The first row, None without any."""
    with connection() as opened:
        return opened.execute(_statement(sql), parameters).mappings().first()


def scalar(sql: str, **parameters: Any) -> Any:
    """The first column of the first row, None without any."""
    with connection() as opened:
        return opened.execute(_statement(sql), parameters).scalar()


def execute(sql: str, **parameters: Any) -> int:
    """One statement in a transaction of its own; returns how many rows it touched."""
    with transaction() as opened:
        return opened.execute(_statement(sql), parameters).rowcount


def frame(sql: str, **parameters: Any) -> Any:
    """A query as a pandas DataFrame; numeric columns arrive as float, instants in UTC."""
    import pandas as pd

    with connection() as opened:
        result = opened.execute(_statement(sql), parameters)
        return pd.DataFrame.from_records(
            [tuple(row) for row in result], columns=list(result.keys()), coerce_float=True
        )


@lru_cache(500)
def _statement(sql: str) -> TextClause:
    """Reading a statement for its parameters costs as much as running a short one."""
    return text(sql)


def copy_from(opened: Connection, statement: str, source: IO[Any]) -> None:
    """`COPY … FROM STDIN` inside the caller's transaction."""
    with _cursor(opened) as cursor:
        cursor.copy_expert(statement, source)


def _cursor(opened: Connection) -> Any:
    """The driver's own cursor, which alone speaks COPY."""
    return opened.connection.cursor()


@contextmanager
def advisory_lock(opened: Connection, name: str) -> Iterator[None]:
    """Hold PostgreSQL's session lock of that name on `opened`, waiting for it."""
    opened.execute(text("SELECT pg_advisory_lock(hashtextextended(:name, 0))"), {"name": name})
    try:
        yield
    finally:
        if not opened.invalidated:
            opened.execute(
                text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))"), {"name": name}
            )


def require_version() -> None:
    """Raise DatabaseRefused when the server is older than PostgreSQL 15."""
    number = int(scalar("SHOW server_version_num"))
    if number < _OLDEST:
        raise DatabaseRefused(
            f"DATABASE_URL points at PostgreSQL {number // 10000}; version 15 or later is needed."
        )


@contextmanager
def _unavailable_in_words() -> Iterator[None]:
    try:
        yield
    except sqlalchemy.exc.TimeoutError as error:
        raise DatabaseUnavailable(
            "Every database connection is busy; try again in a few seconds."
        ) from error
    except DBAPIError as error:
        if error.connection_invalidated or not _reached_server(error):
            raise DatabaseUnavailable(UNREACHABLE) from error
        raise


def _reached_server(error: DBAPIError) -> bool:
    """Whether the server itself answered with an error: then it has an SQLSTATE.

    Class 08 is a broken connection, 57P0x a server that is shutting down or starting up.
    """
    state = getattr(error.orig, "pgcode", None)
    return state is not None and not state.startswith(("08", "57P0"))


def _normalised(given: str) -> str:
    """Accept `postgres://` and `postgresql://` and name the driver. Raises DatabaseRefused."""
    for scheme in ("postgresql+psycopg2://", "postgresql://", "postgres://"):
        if given.startswith(scheme):
            return "postgresql+psycopg2://" + given.removeprefix(scheme)
    raise DatabaseRefused(
        "DATABASE_URL cannot be used: it must look like postgresql://user:password@host/database."
    )


def _make_engine(given: str, pool_size: int) -> Engine:
    """Fail within 2 s when the server is gone, notice dead peers, keep instants in UTC."""
    try:
        return sqlalchemy.create_engine(
            given,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            pool_pre_ping=True,
            pool_recycle=1800,
            connect_args={
                "connect_timeout": 2,
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 2,
                "tcp_user_timeout": 8000,
                "application_name": "sentia",
                "options": "-c timezone=UTC -c statement_timeout=60000 "
                "-c idle_in_transaction_session_timeout=600000",
            },
        )
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise DatabaseRefused(
            "DATABASE_URL cannot be read: it must look like "
            "postgresql://user:password@host/database."
        ) from None
