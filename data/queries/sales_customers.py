"""Customers: who buys most, and how many of each month's new ones come back."""

from __future__ import annotations

from datetime import date

import pandas as pd

from data import company, database
from data.queries.sales import EVERYTHING, NOT_GIVEN, Filter
from data.queries.tracks import months_before

_TOP = """
WITH parts AS (
    SELECT o.customer_id, CASE WHEN l.{first} THEN 1 ELSE 0 END AS orders,
        l.rate * (l.quantity * l.unit_price - l.discount
            - CASE WHEN o.taxes_included THEN l.tax ELSE 0 END) AS net
    FROM orders o JOIN order_lines l ON l.order_id = o.id
    WHERE o.day BETWEEN :start AND :end AND l.order_id BETWEEN :low AND :high
        AND l.counted AND o.customer_id IS NOT NULL{lines}
    UNION ALL
    SELECT o.customer_id, 0, -r.rate * r.amount FROM refunds r JOIN orders o ON o.id = r.order_id
    WHERE r.day BETWEEN :start AND :end AND r.counted AND o.customer_id IS NOT NULL{refunds}
), sums AS (
    SELECT customer_id, sum(orders) AS orders, sum(net) AS net FROM parts GROUP BY customer_id
    HAVING sum(net) IS NOT NULL ORDER BY net DESC, customer_id LIMIT :limit
)
SELECT c.source_id AS customer, c.source, coalesce(c.country, '{not_given}') AS country,
    s.orders, s.net AS net_revenue
FROM sums s JOIN customers c ON c.id = s.customer_id ORDER BY s.net DESC, c.source_id
"""


def top(start: date, end: date, chosen: Filter = EVERYTHING, limit: int = 20) -> pd.DataFrame:
    """The customers with most net revenue: columns customer, source, country, orders, net_revenue.

    Company currency, company days; refunds on the day of the refund, as net revenue has them.
    """
    # Orders of some days have ids close together: their lines are read without the other years'.
    ids = database.one(
        "SELECT coalesce(min(id), 0) AS low, coalesce(max(id), 0) AS high FROM orders "
        "WHERE day BETWEEN :start AND :end",
        start=start, end=end,
    )  # fmt: skip
    assert ids is not None
    first = "first_of_order" if chosen.product is None else "first_of_product"
    sql = _TOP.format(lines=_where(chosen, "l"), refunds=_where(chosen, "r"), first=first,
                      not_given=NOT_GIVEN)  # fmt: skip
    found: pd.DataFrame = database.frame(
        sql, start=start, end=end, low=ids["low"], high=ids["high"], limit=limit,
        **chosen.parameters(),
    )  # fmt: skip
    return found


def _where(chosen: Filter, item: str) -> str:
    """The filter over `orders o` and its lines or refunds, named `item`."""
    conditions = [f" AND o.{name} = :{name}" for name in ("channel", "country")
                  if getattr(chosen, name) is not None]  # fmt: skip
    if chosen.product is not None:
        conditions.append(
            f" AND {item}.product_id = (SELECT id FROM products WHERE sku = :product)"
        )
    if chosen.segment is not None:
        conditions.append(
            " AND :segment = CASE WHEN o.returning_customer THEN 'returning' "
            "WHEN o.returning_customer IS NULL THEN 'unknown' ELSE 'new' END"
        )
    return "".join(conditions)


_COHORTS = """
SELECT date_trunc('month', began AT TIME ZONE :zone)::date AS cohort, month::date AS month,
    count(*) AS customers
FROM (
    SELECT c.id, date_trunc('month', o.day::timestamp) AS month, min(c.first_ordered_at) AS began
    FROM orders o JOIN customers c ON c.id = o.customer_id
    WHERE o.day BETWEEN :first AND :until AND o.counted
        AND c.first_ordered_at >= CAST(:first AS timestamp) AT TIME ZONE :zone
        AND c.first_ordered_at < (CAST(:until AS date) + 1)::timestamp AT TIME ZONE :zone
    GROUP BY 1, 2
) seen GROUP BY 1, 2 ORDER BY 1, 2
"""


def cohorts(until: date, months: int = 12) -> pd.DataFrame:
    """Customers by the month of their first order (index YYYY-MM) and months since (columns 0…).

    Cells: share (0–1) of the cohort that ordered in that month; NaN: that month is not over yet
    or lies ahead. Column "customers" counts the cohort.
    """
    first = months_before(until.replace(day=1), months - 1)
    rows = database.read(_COHORTS, first=first, until=until, zone=company.zone().key)
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


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
