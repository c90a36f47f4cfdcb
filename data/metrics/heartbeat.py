"""Signs of life: one row a process, touched every few seconds."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Connection, text

from data import database

EVERY_S = 5.0
_began = datetime.now(UTC)
_last = -EVERY_S


def beat(opened: Connection, host: str, kind: Literal["web", "worker"], leads: bool) -> None:
    """Touch this process's row, at most every EVERY_S seconds."""
    global _last  # noqa: PLW0603 - one process, one row
    if time.monotonic() - _last < EVERY_S - 0.5:
        return
    opened.execute(
        text("""
            INSERT INTO processes (host, kind, pid, started_at, last_seen_at, leads)
            VALUES (:host, :kind, :pid, :began, now(), :leads)
            ON CONFLICT (host, kind, pid) DO UPDATE SET
                started_at = EXCLUDED.started_at, last_seen_at = now(), leads = EXCLUDED.leads
        """),
        {"host": host, "kind": kind, "pid": os.getpid(), "began": _began, "leads": leads},
    )
    _last = time.monotonic()


def leave(host: str, kind: Literal["web", "worker"]) -> None:
    """Take this process's row away, on a clean stop."""
    database.execute(
        "DELETE FROM processes WHERE host = :host AND kind = :kind AND pid = :pid",
        host=host,
        kind=kind,
        pid=os.getpid(),
    )


def forget_old() -> int:
    """Remove the rows of processes unheard of for a day; returns how many."""
    return database.execute("DELETE FROM processes WHERE last_seen_at < now() - interval '1 day'")
