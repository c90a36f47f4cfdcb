"""Writes what a web process counted, tick by tick, and closes the steps it leaves behind."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from config.settings import settings
from data import database
from data.metrics import heartbeat, partitions, rollups
from data.metrics.application import Durations, Kind, Snapshot

# A tick that falls on the grid point of the one before adds to it.
_INSERT = """
    INSERT INTO application_samples AS t (at, instance, process, kind, name, covered_s, count,
        errors, total_s, buckets, open_pages, pool_in_use, pool_size)
    VALUES (:at, :instance, :process, :kind, :name, :covered_s, :count,
        :errors, :total_s, :buckets, :open_pages, :pool_in_use, :pool_size)
    ON CONFLICT (kind, name, instance, at, process) DO UPDATE SET
        covered_s = t.covered_s + EXCLUDED.covered_s, count = t.count + EXCLUDED.count,
        errors = t.errors + EXCLUDED.errors, total_s = t.total_s + EXCLUDED.total_s,
        buckets = t.buckets || EXCLUDED.buckets, open_pages = EXCLUDED.open_pages,
        pool_in_use = EXCLUDED.pool_in_use, pool_size = EXCLUDED.pool_size
"""
_left: dict[str, datetime] = {}


def write(instance: str, at: datetime | None, snapshot: Snapshot) -> None:
    """Store one tick, then the roll-ups it completes; see application.write_application."""
    try:
        written = _insert(instance, at, snapshot)
    except IntegrityError as error:
        if not partitions.is_missing(error):
            raise
        partitions.ensure(at)
        written = _insert(instance, at, snapshot)
    before = _left.get(instance)
    if before is None or _minute(before) != _minute(written):
        try:
            with database.transaction() as opened:
                rollups.close(opened, "application", instance, written, before)
        except database.DatabaseUnavailable:
            # The tick itself is stored: it must not be put back. The next one closes the steps.
            return
    _left[instance] = written


def _insert(instance: str, at: datetime | None, snapshot: Snapshot) -> datetime:
    with database.transaction() as opened:
        at = at or grid_now(opened)
        opened.execute(text(_INSERT), _rows(instance, at, snapshot))
        heartbeat.beat(opened, instance, "web", leads=False)
    return at


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def grid_now(opened: Connection) -> datetime:
    """The database's clock, to the nearest multiple of SAMPLE_INTERVAL."""
    seconds = settings().sample_interval
    found: datetime = opened.execute(
        text(
            "SELECT date_bin(make_interval(secs => :s), "
            "clock_timestamp() + make_interval(secs => :s / 2), '1970-01-01+00')"
        ),
        {"s": seconds},
    ).scalar_one()
    return found


def _rows(instance: str, at: datetime, snapshot: Snapshot) -> list[dict[str, Any]]:
    """One row for all together and one a route or page, of each kind."""
    rows = []
    for kind, by_name in snapshot.counted.items():
        together = Durations()
        for found in by_name.values():
            together.histogram.merge(found.histogram)
            together.errors += found.errors
        for name, durations in {"": together, **by_name}.items():
            rows.append(
                {
                    "at": at,
                    "instance": instance,
                    "process": str(os.getpid()),
                    "kind": kind,
                    "name": name,
                    "covered_s": snapshot.covered_s,
                    **_counts(durations),
                    **_gauges(snapshot, kind, name),
                }
            )
    return rows


def _counts(durations: Durations) -> dict[str, Any]:
    return {
        "count": durations.histogram.count,
        "errors": durations.errors,
        "total_s": durations.histogram.total,
        "buckets": durations.histogram.encode(),
    }


def _gauges(snapshot: Snapshot, kind: Kind, name: str) -> dict[str, int | None]:
    told = kind == "request" and name == ""
    return {
        "open_pages": snapshot.open_pages if told else None,
        "pool_in_use": snapshot.pool_in_use if told else None,
        "pool_size": snapshot.pool_size if told else None,
    }
