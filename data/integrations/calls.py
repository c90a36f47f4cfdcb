"""Writes every call down: vendor, operation, status, time, retries, bytes; kept 30 days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import text

from data import database

KEPT_DAYS = 30

_CALL = """
INSERT INTO integration_calls (connection, vendor, operation, status, ms, retries, bytes, error)
VALUES (:connection, :vendor, :operation, :status, :ms, :retries, :bytes, :error)
"""
_QUOTA = """
INSERT INTO integration_quota (connection, name, remaining, allowed)
VALUES (:connection, :name, :remaining, :allowed)
ON CONFLICT (connection, name) DO UPDATE SET
    remaining = excluded.remaining, allowed = excluded.allowed, at = now()
"""


@dataclass(frozen=True)
class Quota:
    """What is left of a vendor's allowance `name`, such as `calls today`."""

    name: str
    remaining: float
    allowed: float | None = None


class Whose(Protocol):
    """Whose call it was."""

    @property
    def connection(self) -> str:
        """Name of the connection."""

    @property
    def vendor(self) -> str:
        """Name of the vendor."""


@dataclass
class Trace:
    """What is known of a call while it is under way."""

    operation: str
    status: int | None = None
    ms: float = 0.0
    attempts: int = 0
    retries: int = 0
    size: int = 0
    waited: float = 0.0
    quota: Sequence[Quota] = ()

    def answered(self, status: int | None, seconds: float, size: int) -> None:
        """One attempt ended."""
        self.attempts += 1
        self.status = status
        self.ms += seconds * 1000
        self.size += size


def record(whose: Whose, trace: Trace, error: str | None) -> None:
    """Store the call and the quota its answer told; the error is masked by the caller.

    What never went out, because no token could be had or the pace was used up, is no call.
    """
    if trace.attempts == 0:
        return
    values = {
        "connection": whose.connection,
        "vendor": whose.vendor,
        "operation": trace.operation,
        "status": trace.status,
        "ms": trace.ms,
        "retries": trace.retries,
        "bytes": trace.size,
        "error": error,
    }
    with database.transaction() as opened:
        opened.execute(text("SET LOCAL synchronous_commit = off"))
        opened.execute(text(_CALL), values)
        for line in trace.quota:
            opened.execute(
                text(_QUOTA),
                {
                    "connection": whose.connection,
                    "name": line.name,
                    "remaining": line.remaining,
                    "allowed": line.allowed,
                },
            )


def forget_old() -> int:
    """Delete calls older than 30 days; returns how many."""
    return database.execute(
        "DELETE FROM integration_calls WHERE at < now() - make_interval(days => :days)",
        days=KEPT_DAYS,
    )
