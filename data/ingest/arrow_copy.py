"""Arrow tables into PostgreSQL by COPY, encoded by a thread while the server takes them in."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable, Iterator
from queue import Queue
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv
from sqlalchemy import Connection, text

from data import database

T = TypeVar("T")
_ROWS = 1 << 15


def copy_in(opened: Connection, table: str, rows: Any) -> None:
    """COPY the rows into the table's columns of the same names."""
    copy_all(opened, table, rows.column_names, [rows])


def copy_all(opened: Connection, table: str, names: Iterable[str], tables: Iterable[Any]) -> None:
    """COPY the tables, made one after the other, into the named columns in their order."""
    source: Any = _Stream(_encoded(tables))
    try:
        copied = f"COPY {table} ({', '.join(names)}) FROM STDIN (FORMAT csv)"
        database.copy_from(opened, copied, source)
    finally:
        source.close()


def _encoded(tables: Iterable[Any]) -> Iterator[bytes]:
    """The rows as CSV without a header, some thousand at a time."""
    options = arrow_csv.WriteOptions(include_header=False)
    for rows in tables:
        for start in range(0, len(rows), _ROWS):
            target = io.BytesIO()
            arrow_csv.write_csv(rows.slice(start, _ROWS), target, options)
            yield target.getvalue()


def numbered(
    opened: Connection, names: Any, query: str, before: str = "", **parameters: Any
) -> list[tuple[Any, ...]]:
    """The query's rows, which may read `in_numbered`: the names with their place `n` among them.

    `before`: a statement that reads it too. The query's joins go through indexes: a batch is small
    beside what is stored, and the planner knows neither.
    """
    opened.exec_driver_sql(
        'CREATE TEMP TABLE IF NOT EXISTS in_numbered (n bigint, name text COLLATE "C") '
        "ON COMMIT DROP; TRUNCATE in_numbered; "
        "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
    )
    copy_in(opened, "in_numbered", pa.table({"n": pa.array(np.arange(len(names))), "name": names}))
    if before:
        opened.execute(text(before), parameters)
    found = [tuple(row) for row in opened.execute(text(query), parameters)]
    opened.exec_driver_sql("SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on")
    return found


class Ahead(Generic[T]):
    """An iterator run by a thread, one or two items ahead; what stops it is raised here."""

    def __init__(self, items: Iterator[T]) -> None:
        self._ready: Queue[tuple[T] | BaseException | None] = Queue(maxsize=2)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._produce, args=(items,), daemon=True)
        self._thread.start()

    def _produce(self, items: Iterator[T]) -> None:
        try:
            for item in items:
                if self._closing.is_set():
                    return
                self._ready.put((item,))
            self._ready.put(None)
        except BaseException as error:
            self._ready.put(error)

    def __iter__(self) -> Iterator[T]:
        while (ready := self._ready.get()) is not None:
            if isinstance(ready, BaseException):
                raise ready
            yield ready[0]

    def close(self) -> None:
        """Stop the thread."""
        self._closing.set()
        while self._thread.is_alive():
            if not self._ready.empty():
                self._ready.get()
            self._thread.join(0.01)


class _Stream(io.RawIOBase):
    """A file for COPY; an error in making it ends it early and is raised by `close`."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._ahead = Ahead(chunks)
        self._chunks = iter(self._ahead)
        self._rest = memoryview(b"")
        self._error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        """The next bytes; nothing after the end."""
        if not len(self._rest):
            try:
                self._rest = memoryview(next(self._chunks, b""))
            except BaseException as error:
                self._error = error
        piece, self._rest = self._rest[:size], self._rest[size:]
        return bytes(piece)

    def close(self) -> None:
        """Stop the thread; raises what stopped it."""
        self._ahead.close()
        super().close()
        if self._error is not None:
            raise self._error
