"""Partitions of the metric tables: made ahead of time, dropped when their time is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, text

from config.settings import Settings, settings
from data import database

_EPOCH = date(1970, 1, 1)
# Far enough that a fleet whose workers are all down for a week-end still stores requests.
_AHEAD = timedelta(days=4)
_BEHIND = timedelta(days=1)
_NO_PARTITION = "23514"


@dataclass(frozen=True)
class Family:
    """A partitioned table, how many days one partition holds, and how many are kept."""

    table: str
    days: int
    keep_days: int

    def start_of(self, day: date) -> date:
        """First day of the partition that holds `day`."""
        return day - timedelta(days=(day - _EPOCH).days % self.days)

    def partition(self, start: date) -> str:
        """Name of the partition that begins on `start`."""
        return f"{self.table}_{start:%Y%m%d}"


def families(chosen: Settings | None = None) -> tuple[Family, ...]:
    """All partitioned tables with the retention that is set."""
    chosen = chosen or settings()
    levels = (
        ("samples", 1, chosen.metrics_raw_days),
        ("minutes", 7, chosen.metrics_minute_days),
        ("hours", 30, chosen.metrics_hour_days),
    )
    return tuple(
        Family(f"{area}_{level}", days, keep)
        for area in ("metric", "application")
        for level, days, keep in levels
    )


def ensure(now: datetime | None = None, since: datetime | None = None) -> int:
    """Make the missing partitions from a day ago (or `since`) to four days ahead; how many."""
    today = now or datetime.now(UTC)
    made = 0
    with database.transaction() as opened:
        opened.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('partitions', 0))"))
        existing = _existing(opened)
        for family in families():
            first = (since or today - _BEHIND).astimezone(UTC).date()
            last = (today + _AHEAD).astimezone(UTC).date()
            for start in _starts(family, first, last):
                if family.partition(start) not in existing:
                    _make(opened, family, start)
                    made += 1
    return made


def _starts(family: Family, first: date, last: date) -> Iterator[date]:
    start = family.start_of(first)
    while start <= last:
        yield start
        start += timedelta(days=family.days)


def _make(opened: Connection, family: Family, start: date) -> None:
    """Attaching blocks no reader and no writer; CREATE … PARTITION OF would."""
    name = family.partition(start)
    end = start + timedelta(days=family.days)
    opened.execute(text(f"CREATE TABLE {name} (LIKE {family.table} INCLUDING ALL)"))
    opened.execute(
        text(
            f"ALTER TABLE {family.table} ATTACH PARTITION {name} "
            f"FOR VALUES FROM ('{start}T00:00Z') TO ('{end}T00:00Z')"
        )
    )


def _existing(opened: Connection) -> dict[str, str]:
    """Partition → its table, of every family."""
    rows = opened.execute(
        text("""
            SELECT child.relname, parent.relname FROM pg_inherits
            JOIN pg_class child ON child.oid = inhrelid
            JOIN pg_class parent ON parent.oid = inhparent
            WHERE parent.relname = ANY(:tables) AND child.relkind = 'r'
        """),
        {"tables": [family.table for family in families()]},
    )
    return {row[0]: row[1] for row in rows}


def drop_old(now: datetime | None = None) -> list[str]:
    """Drop the partitions whose last instant is past its retention; returns their names."""
    today = now or datetime.now(UTC)
    with database.connection() as opened:
        existing = _existing(opened)
    by_table = {family.table: family for family in families()}
    dropped = []
    for name, table in sorted(existing.items()):
        family = by_table[table]
        start = datetime.strptime(name.rsplit("_", 1)[1], "%Y%m%d").replace(tzinfo=UTC)
        if start + timedelta(days=family.days + family.keep_days) <= today:
            with database.transaction() as opened:
                # Better a partition that lives an hour longer than readers queueing behind a DROP.
                opened.execute(text("SET LOCAL lock_timeout = '2s'"))
                opened.execute(text(f"DROP TABLE {name}"))
            dropped.append(name)
    return dropped


def is_missing(error: Exception) -> bool:
    """Whether a row was refused because the partition for its time is not there."""
    return getattr(getattr(error, "orig", error), "pgcode", None) == _NO_PARTITION
