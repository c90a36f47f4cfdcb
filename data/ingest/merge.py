"""Merges staged orders into the tables and keeps the roll-ups, all in the caller's transaction.

`begin` makes the staging tables; the caller fills in_orders, in_runs (which order the lines of a
run belong to), in_lines and in_refunds, and calls `merge`. Each staged order replaces the stored
one of its source and number whole.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from data import company
from data.ingest import merge_sql as sql
from data.ingest import rollups


def begin(opened: Connection) -> None:
    """Become the one writer of sales and make the staging tables. Raises StaleRollups."""
    rollups.lock(opened)
    rollups.require_current(opened)
    opened.execute(text("SET LOCAL work_mem = '256MB'"))
    opened.exec_driver_sql(sql.FORGET + sql.STAGING)


def merge(opened: Connection, source: str, sample: bool = False) -> dict[str, int]:
    """Take the staged orders over; returns counts by name (new, changed, unchanged orders …)."""
    names = {"source": source, "zone": company.zone().key, "company": company.currency()}

    def run(statement: str) -> int:
        return opened.execute(text(statement), names).rowcount

    for statement in (
        "ANALYZE in_orders",
        *sql.PARTIES,
        sql.MERGED,
        "ANALYZE merged",
        sql.RUNS,
        "ANALYZE merged_runs",
        sql.RATES,
    ):
        run(statement)
    existed = _count(opened, "merged WHERE existed")
    unchanged = _set_unchanged_aside(opened, run) if existed else 0
    lines = _rewrite(opened, run, removals=existed > unchanged)
    opened.execute(text(sql.SEEN), {"source": source, "sample": sample})
    return {
        "new orders": _count(opened, "merged WHERE NOT existed"),
        "changed orders": existed - unchanged,
        "unchanged orders": unchanged,
        "lines written": lines,
    }


def _set_unchanged_aside(opened: Connection, run: Any) -> int:
    """Leave in `merged` only what differs from what is stored; the rest was merely seen."""
    run(sql.CHANGED)
    run(
        "UPDATE orders SET last_seen = now() WHERE id IN (SELECT id FROM merged WHERE existed) "
        "AND id NOT IN (SELECT id FROM changed)"
    )
    kept = "WHERE existed AND id NOT IN (SELECT id FROM changed)"
    run(f"DELETE FROM merged_runs {kept}")
    return int(run(f"DELETE FROM merged {kept}"))


def _rewrite(opened: Connection, run: Any, removals: bool) -> int:
    """Write what is left in `merged`; returns the number of lines written."""
    if not _count(opened, "merged"):
        return 0
    for statement in (sql.FIRSTS, "ANALYZE firsts", sql.FLIPPED.format(excluded=sql.REPLACED)):
        run(statement)
    flips = _count(opened, "flipped")
    rollups.begin_delta(opened)
    stored = removals or flips > 0
    if stored:
        rollups.add_delta(opened, -1, sql.STORED)
    written = 0
    for statement in sql.WRITE[0 if removals else 3 :]:
        touched = run(statement)
        written = touched if statement.startswith("INSERT INTO order_lines") else written
    if stored:
        rollups.add_delta(opened, 1, sql.STORED)
    _add_new(opened)
    rollups.apply_delta(opened, stored)
    return written


def _add_new(opened: Connection) -> None:
    """New orders are those numbered last, under the lock: a range, which several cores can read."""
    first = opened.execute(text("SELECT min(id) FROM merged WHERE NOT existed")).scalar()
    if first is not None:
        rollups.add_delta(opened, 1, f">= {int(first)}")


def _count(opened: Connection, what: str) -> int:
    return int(opened.execute(text(f"SELECT count(*) FROM {what}")).scalar_one())
