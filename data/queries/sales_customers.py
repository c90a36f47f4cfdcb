"""Customers: who buys most, and how many of each month's new ones come back."""

from __future__ import annotations

from datetime import date

import pandas as pd

from data import database
from data.queries.sales import EVERYTHING, NOT_GIVEN, Filter


def top(start: date, end: date, chosen: Filter = EVERYTHING, limit: int = 20) -> pd.DataFrame:
    """The customers with most net revenue: columns customer, source, country, orders, net_revenue.

    Company currency, company days; refunds on the day of the refund, as net revenue has them.
    """
    found: pd.DataFrame = database.frame(
        f"""
        WITH sums AS (
            SELECT customer_id, count(DISTINCT id) FILTER (WHERE line) AS orders, sum(net) AS net
            FROM (
                SELECT o.customer_id, o.id, true AS line, o.channel, o.country, l.product_id,
                    o.returning_customer, l.rate * (l.quantity * l.unit_price - l.discount
                        - CASE WHEN o.taxes_included THEN l.tax ELSE 0 END) AS net
                FROM orders o JOIN order_lines l ON l.order_id = o.id
                WHERE o.day BETWEEN :start AND :end AND l.counted AND o.customer_id IS NOT NULL
                UNION ALL
                SELECT o.customer_id, o.id, false, o.channel, o.country, r.product_id,
                    o.returning_customer, -r.rate * r.amount
                FROM refunds r JOIN orders o ON o.id = r.order_id
                WHERE r.day BETWEEN :start AND :end AND r.counted AND o.customer_id IS NOT NULL
            ) parts WHERE true{_where(chosen)} GROUP BY customer_id
            HAVING sum(net) IS NOT NULL ORDER BY net DESC, customer_id LIMIT :limit
        )
        SELECT c.source_id AS customer, c.source, coalesce(c.country, '{NOT_GIVEN}') AS country,
            s.orders, s.net AS net_revenue
        FROM sums s JOIN customers c ON c.id = s.customer_id ORDER BY s.net DESC, c.source_id
        """,
        start=start, end=end, limit=limit, **chosen.parameters(),
    )  # fmt: skip
    return found


def _where(chosen: Filter) -> str:
    segment = ""
    if chosen.segment is not None:
        segment = (
            " AND :segment = CASE WHEN returning_customer THEN 'returning' "
            "WHEN returning_customer IS NULL THEN 'unknown' ELSE 'new' END"
        )
    plain = Filter(chosen.channel, chosen.product, chosen.country)
    return plain.where() + segment


_COHORTS = """
WITH span AS (
    SELECT (date_trunc('month', CAST(:until AS date)) - make_interval(months => :months - 1)
        )::date AS first_month, CAST(:until AS date) AS last_day
), began AS (
    SELECT c.id, date_trunc('month', c.first_ordered_at AT TIME ZONE s.zone)::date AS month
    FROM customers c, sales_state s, span
    WHERE c.first_ordered_at >= span.first_month::timestamp AT TIME ZONE s.zone
        AND c.first_ordered_at < (span.last_day + 1)::timestamp AT TIME ZONE s.zone
)
SELECT began.month AS cohort, date_trunc('month', o.day)::date AS month,
    count(DISTINCT began.id) AS customers
FROM began JOIN orders o ON o.customer_id = began.id AND o.counted, span
WHERE o.day BETWEEN span.first_month AND span.last_day
GROUP BY 1, 2 ORDER BY 1, 2
"""


def cohorts(until: date, months: int = 12) -> pd.DataFrame:
    """Customers by the month of their first order (index YYYY-MM) and months since (columns 0…).

    Cells: share (0–1) of the cohort that ordered in that month; NaN: that month is not over yet
    or lies ahead. Column "customers" counts the cohort.
    """
    rows = database.read(_COHORTS, until=until, months=months)
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
