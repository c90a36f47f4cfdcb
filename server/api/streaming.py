"""What a blocking writer produces, as an answer that is sent while it is made."""

from __future__ import annotations

import io
import queue
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import IO

_AHEAD = 16


class Gone(Exception):
    """Nobody reads any more."""


class _Pipe(io.RawIOBase):
    """A file whose reader is a queue; a slow reader slows the writer, a gone one stops it."""

    def __init__(self) -> None:
        self.parts: queue.Queue[bytes | Exception | None] = queue.Queue(_AHEAD)
        self.closed_by_reader = threading.Event()

    def write(self, body: bytes) -> int:  # type: ignore[override]
        self.put(bytes(body))
        return len(body)

    def put(self, part: bytes | Exception | None) -> None:
        while not self.closed_by_reader.is_set():
            try:
                self.parts.put(part, timeout=0.5)
                return
            except queue.Full:
                continue
        raise Gone


def stream(work: Callable[[IO[bytes]], None]) -> Iterator[bytes]:
    """Parts of what `work` writes, in order. Raises what it raised, before the first part too.

    The first part is waited for here, so that a failure can still become an error answer.
    """
    pipe = _Pipe()

    def run() -> None:
        try:
            work(pipe)  # type: ignore[arg-type]
            pipe.put(None)
        except Gone:
            return
        except Exception as error:
            try:
                pipe.put(error)
            except Gone:
                return

    threading.Thread(target=run, name="export", daemon=True).start()
    first = pipe.parts.get()
    if isinstance(first, Exception):
        raise first
    parts = _rest(pipe, first)
    # A reader who is gone before the first part never lets the generator reach its `finally`.
    weakref.finalize(parts, pipe.closed_by_reader.set)
    return parts


def _rest(pipe: _Pipe, part: bytes | Exception | None) -> Iterator[bytes]:
    try:
        while part is not None:
            if isinstance(part, Exception):
                raise part
            yield part
            part = pipe.parts.get()
    finally:
        pipe.closed_by_reader.set()
