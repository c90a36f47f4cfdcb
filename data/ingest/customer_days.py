"""What each customer bought by day, and who came back by month, made again after changes.

A change of orders only takes its days and months out of the `_made` tables, so that imports cost
nothing more; `make` adds them up afterwards. What is not made is read from the orders themselves.
"""

from __future__ import annotations

import time
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from data import company, database
from data.ingest import rollups

# Orders and refunds of chosen days; `{lines}` and `{refunds}` narrow them further, `{first}` marks
# the line that stands for its order.
PARTS = """
SELECT o.day, o.customer_id, o.channel, o.country, o.returning_customer,
    CASE WHEN l.{first} THEN 1 ELSE 0 END AS orders,
    l.rate * (l.quantity * l.unit_price - l.discount
        - CASE WHEN o.taxes_included THEN l.tax ELSE 0 END) AS net
FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE o.day BETWEEN :first AND :last AND o.day = ANY(:days)
    AND l.order_id BETWEEN :low AND :high AND l.counted AND o.customer_id IS NOT NULL{lines}
UNION ALL
SELECT r.day, o.customer_id, o.channel, o.country, o.returning_customer, 0, -r.rate * r.amount
FROM refunds r JOIN orders o ON o.id = r.order_id
WHERE r.day BETWEEN :first AND :last AND r.day = ANY(:days)
    AND r.counted AND o.customer_id IS NOT NULL{refunds}
"""
COHORTS = """
SELECT month, cohort, count(*) AS customers FROM (
    SELECT DISTINCT date_trunc('month', o.day::timestamp)::date AS month, c.id,
        date_trunc('month', c.first_ordered_at AT TIME ZONE :zone)::date AS cohort
    FROM orders o JOIN customers c ON c.id = o.customer_id
    WHERE o.day BETWEEN :opening AND :last AND o.counted
        AND date_trunc('month', o.day::timestamp)::date = ANY(:months)
) seen GROUP BY month, cohort
"""
_WANTED = """
SELECT DISTINCT {of} AS wanted FROM sales_daily_channel
WHERE {of} NOT IN (SELECT {name} FROM {made}) ORDER BY 1 DESC LIMIT :limit
"""
_DAYS = (
    "DELETE FROM customer_days WHERE day = ANY(:days)",
    "INSERT INTO customer_days (day, customer_id, channel, country, returning_customer, orders, "
    "net) SELECT day, customer_id, channel, country, returning_customer, sum(orders), sum(net) "
    f"FROM ({PARTS.format(first='first_of_order', lines='', refunds='')}) parts "
    "GROUP BY day, customer_id, channel, country, returning_customer ORDER BY day",
    "INSERT INTO customer_days_made SELECT unnest(CAST(:days AS date[]))",
)
_MONTHS = (
    "DELETE FROM cohort_counts WHERE month = ANY(:months)",
    f"INSERT INTO cohort_counts (month, cohort, customers) {COHORTS}",
    "DELETE FROM customer_heads WHERE month = ANY(:months)",
    "CREATE TEMP TABLE most ON COMMIT DROP AS SELECT customer_id, sum(net) AS net "
    "FROM customer_days WHERE day BETWEEN :opening AND :last AND net > 0 GROUP BY customer_id",
    "INSERT INTO customer_heads (month, customer_id, net) "
    "SELECT month, customer_id, net FROM unnest(CAST(:months AS date[])) month, "
    "(SELECT customer_id, net FROM most ORDER BY net DESC, customer_id LIMIT :heads) heads",
    "INSERT INTO customer_months_made SELECT month, coalesce((SELECT net FROM most "
    "ORDER BY net DESC, customer_id OFFSET :heads LIMIT 1), 0) "
    "FROM unnest(CAST(:months AS date[])) month",
)
HEADS = 5000
_DAYS_AT_ONCE = 31
_SECONDS = 30.0


def span(opened: Connection, days: list[date]) -> dict[str, Any]:
    """What `PARTS` binds for these days.

    Orders of some days have numbers close together: their lines are read without the other years'.
    """
    # `id + 0`: min(id) alone would be looked for along the index, through all years.
    ids = opened.execute(
        text("SELECT coalesce(min(id + 0), 0) AS low, coalesce(max(id + 0), 0) AS high "
             "FROM orders WHERE day BETWEEN :first AND :last"),
        {"first": min(days), "last": max(days)},
    ).one()  # fmt: skip
    return {"days": days, "first": min(days), "last": max(days), "low": ids.low, "high": ids.high}


def make(seconds: float = _SECONDS) -> int:
    """Add up what is not made, newest first; returns how many days and months were made.

    Stops after some seconds, and at once while an import writes: the next run goes on.
    """
    for index in ("orders_by_day", "refunds_by_day"):
        # Until then each search by day reads every row that was added.
        database.execute("SELECT brin_summarize_new_values(:index)", index=index)
    made, until = 0, time.monotonic() + seconds
    for step in (_some_days, _a_month):
        while time.monotonic() < until:
            found = _alone(step)
            made += found
            if not found:
                break
    return made


def _alone(step: Callable[[Connection], int]) -> int:
    """One step in a transaction that no writer of sales runs beside."""
    if rollups.is_stale():
        return 0
    with database.transaction() as opened:
        free = text("SELECT pg_try_advisory_xact_lock(hashtextextended('sales', 0))")
        if not opened.execute(free).scalar_one():
            return 0
        opened.execute(text("SET LOCAL statement_timeout = 0"))
        opened.execute(text("SET LOCAL work_mem = '64MB'"))
        # One core at most: people look at pages meanwhile.
        opened.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))
        return step(opened)


def _some_days(opened: Connection) -> int:
    days = _wanted(opened, "day", "day", "customer_days_made", _DAYS_AT_ONCE)
    if days:
        names = span(opened, days)
        for statement in _DAYS:
            opened.execute(text(statement), names)
    return len(days)


def _a_month(opened: Connection) -> int:
    month = "date_trunc('month', day::timestamp)::date"
    months = _wanted(opened, month, "month", "customer_months_made", 1)
    if months and not _wanted(opened, "day", "day", "customer_days_made", 1):
        length = monthrange(months[0].year, months[0].month)[1]
        names = {"months": months, "zone": company.zone().key, "opening": months[0],
                 "last": months[0].replace(day=length), "heads": HEADS}  # fmt: skip
        for statement in _MONTHS:
            opened.execute(text(statement), names)
        return 1
    return 0


def _wanted(opened: Connection, of: str, name: str, made: str, limit: int) -> list[date]:
    sql = _WANTED.format(of=of, name=name, made=made)
    return list(opened.execute(text(sql), {"limit": limit}).scalars())
