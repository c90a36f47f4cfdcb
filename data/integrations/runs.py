"""The log of runs, and the cursors that say how far each stream is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from data import database
from data.integrations.records import Fault, Page

KEPT_DAYS = 180
MOST_FAULTS = 100

_BEGIN = "INSERT INTO integration_runs (connection, kind) VALUES (:name, :kind) RETURNING id"
_INTERRUPTED = """
UPDATE integration_runs SET state = 'interrupted', ended_at = beat_at,
    error = 'The worker stopped during this run; the next one goes on where it was.'
WHERE connection = :name AND state = 'running'
"""
_PROGRESS = """
UPDATE integration_runs SET stream = :stream, rows = rows + :rows, pages = pages + 1,
    beat_at = now()
WHERE id = :run
"""
_END = """
UPDATE integration_runs SET state = :state, error = :error, step = :step, ended_at = now(),
    beat_at = now()
WHERE id = :run
"""
_POSITION = "SELECT position FROM integration_cursors WHERE connection = :name AND stream = :stream"
_MOVE = """
INSERT INTO integration_cursors AS c
    (connection, stream, position, loading, done, expected)
VALUES (:name, :stream, CAST(:position AS jsonb), :loading, :done, :expected)
ON CONFLICT (connection, stream) DO UPDATE SET
    position = excluded.position,
    loading = excluded.loading,
    done = CASE WHEN :counted THEN excluded.done
                WHEN c.loading THEN c.done + excluded.done ELSE c.done END,
    expected = COALESCE(excluded.expected, c.expected),
    updated_at = now()
"""
_FAULT = """
INSERT INTO integration_faults (run_id, stream, record, field, problem)
VALUES (:run, :stream, :record, :field, :problem)
"""


class Overtaken(Exception):
    """Another worker moved the cursor meanwhile; this one stops without writing."""


def begin(name: str, kind: str) -> int:
    """A new run; one that was cut off before is marked so."""
    with database.transaction() as opened:
        opened.execute(text(_INTERRUPTED), {"name": name})
        return int(opened.execute(text(_BEGIN), {"name": name, "kind": kind}).scalar_one())


def end(run: int, state: str, error: str | None = None, step: str | None = None) -> None:
    """The run is over: done, limited or failed."""
    database.execute(_END, run=run, state=state, error=error, step=step)


def position(name: str, stream: str) -> Mapping[str, Any] | None:
    """Where the stream goes on, None before its first page."""
    found: Mapping[str, Any] | None = database.scalar(_POSITION, name=name, stream=stream)
    return found


def require(opened: Connection, name: str, stream: str, expected: Mapping[str, Any] | None) -> None:
    """Lock the cursor for this page. Raises Overtaken when it is not where this walk left it."""
    names = {"name": name, "stream": stream}
    opened.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"{name}/{stream}"}
    )
    found = opened.execute(text(_POSITION), names).scalar()
    if found != plain(expected):
        raise Overtaken


def move(opened: Connection, name: str, stream: str, page: Page) -> None:
    """Store the position after the page."""
    opened.execute(
        text(_MOVE),
        {
            "name": name,
            "stream": stream,
            "position": json.dumps(plain(page.position)),
            "loading": page.loading,
            "done": len(page.records) if page.done is None else page.done,
            "counted": page.done is not None,
            "expected": page.expected,
        },
    )


def progress(opened: Connection, run: int, stream: str, page: Page) -> None:
    """Count the page, and write down what could not be taken as it stood."""
    opened.execute(text(_PROGRESS), {"run": run, "stream": stream, "rows": len(page.records)})
    _write_faults(opened, run, stream, page.faults)
    _write_faults(opened, run, stream, [Fault("answers", "", each) for each in page.notices])


def fault(run: int, stream: str, problem: str) -> None:
    """A stream that failed as a whole."""
    with database.transaction() as opened:
        _write_faults(opened, run, stream, [Fault("the whole stream", "", problem)])


def reset(name: str, stream: str | None = None) -> int:
    """Forget how far streams are, so that the next run loads from the start."""
    chosen = "" if stream is None else " AND stream = :stream"
    names = {"name": name} | ({"stream": stream} if stream else {})
    return database.execute(
        f"DELETE FROM integration_cursors WHERE connection = :name{chosen}", **names
    )


def reset_again(name: str) -> None:
    """Forget the cursors of a completed second reading."""
    database.execute(
        "DELETE FROM integration_cursors WHERE connection = :name AND stream LIKE '% again'",
        name=name,
    )


def forget_old() -> int:
    """Delete runs older than 180 days; returns how many."""
    return database.execute(
        "DELETE FROM integration_runs WHERE started_at < now() - make_interval(days => :days)",
        days=KEPT_DAYS,
    )


def plain(position: Mapping[str, Any] | None) -> Any:
    """As PostgreSQL gives it back."""
    return None if position is None else json.loads(json.dumps(dict(position)))


def _write_faults(opened: Connection, run: int, stream: str, faults: Sequence[Fault]) -> None:
    count = opened.execute(
        text("SELECT count(*) FROM integration_faults WHERE run_id = :run"), {"run": run}
    ).scalar_one() if faults else 0  # fmt: skip
    for each in faults[: max(0, MOST_FAULTS - int(count))]:
        opened.execute(
            text(_FAULT),
            {
                "run": run,
                "stream": stream,
                "record": each.record,
                "field": each.field or None,
                "problem": each.problem,
            },
        )
