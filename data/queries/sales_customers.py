"""Customers: who buys most, and how many of each month's new ones come back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from data import company, database
from data.ingest import customer_days
from data.queries.sales import EVERYTHING, NOT_GIVEN, Filter
from data.queries.tracks import months_before

_TOP = """
WITH parts AS (
    SELECT customer_id, orders, net FROM customer_days d WHERE {days}{kept}
    {unmade}
), sums AS (
    SELECT customer_id, sum(orders) AS orders, sum(net) AS net FROM parts GROUP BY customer_id
    HAVING sum(net) IS NOT NULL ORDER BY net DESC, customer_id LIMIT :limit
)
SELECT c.source_id AS customer, c.source, coalesce(c.country, '{not_given}') AS country,
    s.orders, s.net AS net_revenue
FROM sums s JOIN customers c ON c.id = s.customer_id ORDER BY s.net DESC, c.source_id
"""
_MADE = "SELECT day FROM customer_days_made WHERE day BETWEEN :start AND :end"
_UNMADE = """
SELECT DISTINCT day FROM sales_daily_channel
WHERE day BETWEEN :start AND :end AND NOT day = ANY(:made)
"""
# Null while a month of the period is not made.
_REST = """
SELECT CASE WHEN bool_and(m.month IS NOT NULL) THEN sum(m.rest) END FROM (
    SELECT DISTINCT date_trunc('month', day::timestamp)::date AS month FROM sales_daily_channel
    WHERE day BETWEEN :start AND :end
) wanted LEFT JOIN customer_months_made m USING (month)
"""
# The most that each head can have bought: in months where it is none, what the others did.
_BOUNDS = """
SELECT customer_id, sum(h.net - m.rest) + :rest AS most
FROM customer_heads h JOIN customer_months_made m USING (month)
WHERE month BETWEEN date_trunc('month', CAST(:start AS timestamp)) AND :end GROUP BY customer_id
"""
_FIRST = f"{_BOUNDS} ORDER BY most DESC LIMIT :few"
_THESE = " AND customer_id = ANY(:these)"
_ABOVE = f" AND customer_id IN (SELECT customer_id FROM ({_BOUNDS}) bounds WHERE most >= :least)"
_ALL_MADE, _THOSE_MADE = "day BETWEEN :start AND :end", "day = ANY(:made)"
# How many of the heads are looked at first.
FEW = 100


def top(start: date, end: date, chosen: Filter = EVERYTHING, limit: int = 20) -> pd.DataFrame:
    """The customers with most net revenue: columns customer, source, country, orders, net_revenue.

    Company currency, company days; refunds on the day of the refund, as net revenue has them.
    Days that `customer_days` holds are read there, and what it cannot tell from the orders.
    """
    names: dict[str, Any] = {"start": start, "end": end, "limit": limit, "made": []}
    with database.connection() as opened:
        opened.execute(text("SET LOCAL work_mem = '64MB'"))
        if chosen.product is None:
            names["made"] = opened.execute(text(_MADE), names).scalars().all()
            found = _among_heads(opened, names, chosen)
            if found is not None:
                return found
        unmade = opened.execute(text(_UNMADE), names).scalars().all()
        names |= customer_days.span(opened, list(unmade)) if unmade else {}
        sql = _top(chosen, _THOSE_MADE, unmade=bool(unmade))
        return _frame(opened, sql, names | chosen.parameters())


def _among_heads(opened: Connection, names: dict[str, Any], chosen: Filter) -> pd.DataFrame | None:
    """The top among those who bought most in these months, where nobody else can be in it.

    What anybody else bought is at most the sum of what the months' others did. First among the few
    who can have bought most; whoever cannot have bought more than their last is not read at all.
    """
    rest = opened.execute(text(_REST), names).scalar()
    if rest is None:
        return None
    names = names | chosen.parameters() | {"rest": rest, "few": FEW + 1}
    heads = opened.execute(text(_FIRST), names).all()
    these = [row.customer_id for row in heads[:FEW]]
    found = _frame(opened, _top(chosen, _ALL_MADE, _THESE), names | {"these": these})
    if _proven(found, names, max([rest, *(row.most for row in heads[FEW:])])):
        return found
    least = max(0.0, _last(found, names)) * (1 - 1e-9)  # a float may be a little above its sum
    found = _frame(opened, _top(chosen, _ALL_MADE, _ABOVE), names | {"least": least})
    return found if _proven(found, names, rest) else None


def _proven(found: pd.DataFrame, names: dict[str, Any], others: Any) -> bool:
    """Whether nobody who bought at most `others` belongs to the top found."""
    return bool(_last(found, names) > others)


def _last(found: pd.DataFrame, names: dict[str, Any]) -> float:
    """Net revenue of the last of the top; below all figures while it is not full."""
    full = len(found) == names["limit"]
    return float(found["net_revenue"].iloc[-1]) if full else -math.inf


def _frame(opened: Connection, sql: str, names: dict[str, Any]) -> pd.DataFrame:
    rows = opened.execute(text(sql), names)
    return pd.DataFrame.from_records(
        [tuple(row) for row in rows], columns=list(rows.keys()), coerce_float=True
    )


def _top(chosen: Filter, days: str, among: str = "", *, unmade: bool = False) -> str:
    parts = ""
    if unmade:
        first = "first_of_order" if chosen.product is None else "first_of_product"
        given = customer_days.PARTS.format(
            lines=_where(chosen, "o", "l"), refunds=_where(chosen, "o", "r"), first=first
        )
        parts = f"UNION ALL SELECT customer_id, orders, net FROM ({given}) given"
    kept = _where(chosen, "d", None) + among
    return _TOP.format(days=days, kept=kept, unmade=parts, not_given=NOT_GIVEN)


def _where(chosen: Filter, order: str, item: str | None) -> str:
    """The filter over orders named `order` and their lines or refunds named `item`."""
    conditions = [f" AND {order}.{name} = :{name}" for name in ("channel", "country")
                  if getattr(chosen, name) is not None]  # fmt: skip
    if chosen.product is not None and item is not None:
        conditions.append(
            f" AND {item}.product_id = (SELECT id FROM products WHERE sku = :product)"
        )
    if chosen.segment is not None:
        conditions.append(
            f" AND :segment = CASE WHEN {order}.returning_customer THEN 'returning' "
            f"WHEN {order}.returning_customer IS NULL THEN 'unknown' ELSE 'new' END"
        )
    return "".join(conditions)


# A month that was made holds the orders of all its days: it serves when none come after `until`.
_UNMADE_MONTHS = """
SELECT DISTINCT date_trunc('month', day::timestamp)::date AS month FROM sales_daily_channel s
WHERE day BETWEEN :first AND :until AND (
    date_trunc('month', day::timestamp)::date NOT IN (SELECT month FROM customer_months_made)
    OR date_trunc('month', day::timestamp) = date_trunc('month', CAST(:until AS timestamp))
    AND EXISTS (SELECT FROM sales_daily_channel later WHERE later.day > :until
                AND later.day < date_trunc('month', CAST(:until AS timestamp)) + interval '1 month')
)
"""
_COHORTS = f"""
SELECT cohort, month, customers FROM (
    SELECT month, cohort, customers FROM cohort_counts
    WHERE month IN (SELECT month FROM customer_months_made WHERE month BETWEEN :first AND :until)
        AND NOT month = ANY(:months)
    UNION ALL {customer_days.COHORTS}
) found WHERE cohort >= :first ORDER BY cohort, month
"""


def cohorts(until: date, months: int = 12) -> pd.DataFrame:
    """Customers by the month of their first order (index YYYY-MM) and months since (columns 0…).

    Cells: share (0–1) of the cohort that ordered in that month; NaN: that month is not over yet
    or lies ahead. Column "customers" counts the cohort.
    """
    first = months_before(until.replace(day=1), months - 1)
    rows = _cohorts(first, until)
    sizes = {row["cohort"]: row["customers"] for row in rows if row["cohort"] == row["month"]}
    frame = pd.DataFrame(
        index=pd.Index([f"{month:%Y-%m}" for month in sizes], name="cohort"),
        columns=["customers", *range(months)], dtype="float64",
    )  # fmt: skip
    for cohort, size in sizes.items():
        frame.loc[f"{cohort:%Y-%m}", "customers"] = size
        frame.loc[f"{cohort:%Y-%m}", list(range(_months(cohort, until) + 1))] = 0.0
    for row in rows:
        at = _months(row["cohort"], row["month"])
        frame.loc[f"{row['cohort']:%Y-%m}", at] = row["customers"] / sizes[row["cohort"]]
    return frame


def _cohorts(first: date, until: date) -> Sequence[Any]:
    unmade = [row["month"] for row in database.read(_UNMADE_MONTHS, first=first, until=until)]
    opening = min(unmade, default=until + timedelta(1))
    return database.read(_COHORTS, first=first, until=until, months=unmade, opening=opening,
                         last=until, zone=company.zone().key)  # fmt: skip


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
