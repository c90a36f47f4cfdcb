"""Synchronises connections: a page and the cursor after it commit together, or neither does."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import text

from data import database, secrets
from data.integrations import connections, rates, runs
from data.integrations.client import Client, Stream
from data.integrations.connections import Connection
from data.integrations.errors import (
    Limited,
    NotAllowed,
    NotConfigured,
    Refused,
    Unexpected,
    VendorError,
)
from data.integrations.masking import mask
from data.integrations.records import Page
from data.integrations.store import store
from data.integrations.together import together
from data.integrations.world import World

BEHIND_PAGES = 10
_log = structlog.get_logger()
_running: dict[str, threading.Thread] = {}


@dataclass(frozen=True)
class Outcome:
    """How a run ended: done, failed, limited, busy, not configured; with the sentence why."""

    state: str
    rows: int = 0
    error: str | None = None


def sync(name: str, world: World | None = None, kind: str = "sync") -> Outcome:
    """Bring one connection up to date. Raises connections.Unknown."""
    return _run(name, kind, world, lambda client: client.streams())


def again(name: str, since: datetime, world: World | None = None) -> Outcome:
    """Read again what changed since then, whatever the cursors say. Raises connections.Unknown."""
    outcome = _run(name, "reconcile", world, lambda client: client.since(since))
    if outcome.state == "done":
        runs.reset_again(name)
    return outcome


def _run(
    name: str, kind: str, world: World | None, chosen: Callable[[Client], Sequence[Stream]]
) -> Outcome:
    connection = connections.named(name)
    with _alone(name) as alone:
        if not alone:
            return Outcome("busy", error=f"{connection.title} is being synchronised already.")
        try:
            client = connection.client(world)
        except (NotConfigured, secrets.SecretUnreadable, secrets.KeyRefused) as error:
            return Outcome("not configured", error=str(error))
        if kind != "reconcile":
            connections.taken_up(name)
        return _Run(connection, world or World(), runs.begin(name, kind)).through(chosen(client))


def backfill(name: str, world: World | None = None) -> Outcome:
    """Load everything again from the start; what is stored already is only brought up to date."""
    connections.named(name)
    runs.reset(name)
    return sync(name, world, "backfill")


def due(now: datetime) -> list[Connection]:
    """The connections whose turn it is."""
    last = {
        row["connection"]: row["started_at"]
        for row in database.read(
            "SELECT connection, max(started_at) AS started_at FROM integration_runs "
            "WHERE kind IN ('sync', 'backfill') GROUP BY connection"
        )
    }
    return [each for each in connections.every() if _is_due(each, last.get(each.name), now)]


def _is_due(each: Connection, last: datetime | None, now: datetime) -> bool:
    if each.every is None:
        return False
    if each.requested_at is not None:
        return True
    if each.paused or (each.blocked_until is not None and each.blocked_until > now):
        return False
    return last is None or last + each.every <= now


def start_due() -> list[str]:
    """Start a thread for each connection whose turn it is; returns their names.

    A slow vendor does not hold up the others, and a stop of the process loses no more than the
    page under way.
    """
    started = []
    for each in due(datetime.now(UTC)):
        held = _running.get(each.name)
        if (held is None or not held.is_alive()) and _is_configured(each):
            thread = threading.Thread(
                target=quietly, args=(each.name,), name=f"sync-{each.name}", daemon=True
            )
            _running[each.name] = thread
            thread.start()
            started.append(each.name)
    return started


def quietly(name: str) -> Outcome:
    """As `sync`, in a thread of its own that gives way to whoever shows pages on this machine."""
    with suppress(AttributeError, OSError):
        # On Linux a thread has a priority of its own; elsewhere this changes nothing that matters.
        if sys.platform == "linux":
            thread = threading.get_native_id()
            own = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, min(19, own + BEHIND_PAGES))
    return sync(name)


def _is_configured(each: Connection) -> bool:
    try:
        return each.configured()
    except (secrets.SecretUnreadable, secrets.KeyRefused):
        return False


class _Run:
    """One run of one connection."""

    def __init__(self, connection: Connection, world: World, identity: int) -> None:
        self.connection = connection
        self.world = world
        self.id = identity
        self.rows = 0

    def through(self, streams: Sequence[Stream]) -> Outcome:
        """Every stream; one that its vendor does not allow does not hold up the others."""
        failed: list[str] = []
        for stream in streams:
            try:
                self.walk(stream)
            except (NotAllowed, Refused, Unexpected) as error:
                if not (stream.optional and isinstance(error, NotAllowed | Refused)):
                    failed.append(str(error))
                runs.fault(self.id, stream.name, str(error))
            except Exception as error:
                return self._stopped(stream, error)
        connections.block(self.connection.name, None, None)
        runs.end(self.id, "failed" if failed else "done", " ".join(failed) or None)
        return Outcome("failed" if failed else "done", self.rows, " ".join(failed) or None)

    def walk(self, stream: Stream) -> None:
        """All pages of a stream from where it stands."""
        at = runs.position(self.connection.name, stream.name)
        pages = stream.pages(at)
        if stream.together:
            pages = together(pages, stream.together, self.world)
        for page in pages:
            self._take(stream.name, at, page)
            at = runs.plain(page.position)

    def _take(self, stream: str, at: Mapping[str, Any] | None, page: Page) -> None:
        name = self.connection.name
        rates.remember(name, page.records)
        with database.transaction() as opened:
            # A crash of the server may lose this page, but then with its cursor: it is read again.
            opened.execute(text("SET LOCAL synchronous_commit = off"))
            runs.require(opened, name, stream, at)
            self.rows += store(opened, name, page)
            runs.move(opened, name, stream, page)
            runs.progress(opened, self.id, stream, page)

    def _stopped(self, stream: Stream, error: Exception) -> Outcome:
        """End the run with what stopped it; a limit is no failure, it only takes longer."""
        if isinstance(error, Limited):
            until = datetime.fromtimestamp(error.until, UTC)
            connections.block(self.connection.name, until, str(error))
            return self._ended("limited", stream, str(error))
        if isinstance(error, runs.Overtaken):
            return self._ended("done", stream, "Another worker went on with this stream.")
        if isinstance(error, VendorError | database.DatabaseUnavailable):
            return self._ended("failed", stream, str(error))
        trace = mask("".join(traceback.format_exception(error)))
        _log.error("sync_failed", connection=self.connection.name, exception=trace)
        words = (
            f"{stream.title} could not be stored ({type(error).__name__}: "
            f"{mask(str(error))[:200]}); "
            "the log has the details, the next run tries again."
        )
        return self._ended("failed", stream, words)

    def _ended(self, state: str, stream: Stream, words: str) -> Outcome:
        runs.end(self.id, state, words, stream.name)
        return Outcome(state, self.rows, words)


@contextmanager
def _alone(name: str) -> Iterator[bool]:
    """Whether this is the only worker at that connection; PostgreSQL lets go when it dies."""
    key = {"key": f"sync {name}"}
    with database.connection() as opened:
        held = opened.execute(
            text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))"), key
        ).scalar_one()
        opened.commit()
        try:
            yield bool(held)
        finally:
            if held and not opened.invalidated:
                opened.execute(text("SELECT pg_advisory_unlock(hashtextextended(:key, 0))"), key)
                opened.commit()
