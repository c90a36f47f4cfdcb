"""Imports of files: how each stands, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from data import database

# An import that has not been heard of for this long is dead: nothing of it was taken.
_DEAD_S = 60
_STATE = f"""CASE WHEN state = 'running' AND beat_at < now() - interval '{_DEAD_S} s'
    THEN 'failed' ELSE state END"""


def one(number: int) -> Mapping[str, Any] | None:
    """State, progress (0–1), rows_read, message and report of an import; None for no such one."""
    row = database.one(
        f"SELECT id, dataset, file_name, {_STATE} AS state, message, rows_read, report, "
        "CASE WHEN bytes > 0 THEN least(1.0, bytes_read::float / bytes) ELSE 0 END AS progress "
        "FROM imports WHERE id = :number",
        number=number,
    )
    return None if row is None else dict(row)


def recent(limit: int = 50) -> pd.DataFrame:
    """The last imports, newest first.

    Columns started_at (UTC), dataset, file_name, started_by, state, message, rows_read, seconds.
    """
    found: pd.DataFrame = database.frame(
        f"SELECT started_at, dataset, file_name, started_by, {_STATE} AS state, message, "
        "rows_read, extract(epoch FROM finished_at - started_at)::float AS seconds "
        "FROM imports ORDER BY started_at DESC LIMIT :limit",
        limit=limit,
    )
    return found
