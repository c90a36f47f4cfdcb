"""Counts of stock: taken over, and brought to nothing where a product left a place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from data import company, database
from data.integrations.records import Stock

ZERO = Decimal(0)

# The newest count of each product and place that the walk did not meet. The counts of one walk are
# of one day, so that only the last day before it has to be looked at.
_VANISHED = """
SELECT l.sku, l.location FROM stock_levels l
WHERE l.source = :source AND l.last_seen < CAST(:since AS timestamptz) AND l.quantity <> 0
AND l.counted_on >= (SELECT max(counted_on) FROM stock_levels WHERE source = :source
                     AND last_seen < CAST(:since AS timestamptz)) - 1
AND NOT EXISTS (SELECT FROM stock_levels n WHERE n.source = l.source AND n.sku = l.sku
                AND n.location = l.location AND n.counted_on > l.counted_on)
"""

_DAY = (
    "SELECT max(counted_on) FROM stock_levels WHERE source = :source "
    "AND last_seen >= CAST(:since AS timestamptz)"
)


def begun() -> str:
    """This moment on the database's clock, by which `vanished` knows what a walk has met."""
    return str(database.scalar("SELECT clock_timestamp()").isoformat())


def _store(opened: Connection, source: str, rows: Iterable[dict[str, Any]]) -> None:
    """Arrow, 50 MB, comes in only where there is something to store."""
    from data.ingest import inventory
    from data.ingest.dataset import upsert

    upsert(opened, inventory.STOCK, source, rows)


def take(opened: Connection, source: str, given: Sequence[Stock]) -> None:
    """A count of today; less than nothing on hand is nothing."""
    rows = (
        {
            "sku": each.sku,
            "location": each.location,
            "counted_on": company.today(each.at),
            "quantity": max(each.on_hand, ZERO),
        }
        for each in given
    )
    _store(opened, source, rows)


def vanished(opened: Connection, source: str, since: str) -> int:
    """A place closed or a product gone holds nothing any more; returns how many counts ended."""
    found = opened.execute(text(_VANISHED), {"source": source, "since": since}).mappings().all()
    day = opened.execute(text(_DAY), {"source": source, "since": since}).scalar()
    day = day or company.today()
    rows = [
        {"sku": row["sku"], "location": row["location"], "counted_on": day, "quantity": ZERO}
        for row in found
    ]
    if rows:
        _store(opened, source, rows)
    return len(rows)
