"""What the stock was worth at cost, day by day, and how much of each product there was."""

from __future__ import annotations

from datetime import date

import pandas as pd

from data import database
from data.queries.tracks import Feed, Track

STEP = "import it with `python manage.py import stock FILE` or connect Shopify."


def feed() -> Feed:
    """Where stock comes from and when that was last read."""
    row = database.one(
        "SELECT string_agg(DISTINCT source, ', ') AS source, min(last_seen) AS as_of, "
        "bool_or(source = 'sample') AS sample FROM feeds WHERE dataset IN ('stock', 'movements')"
    )
    assert row is not None
    return Feed(row["source"], row["as_of"], bool(row["sample"]))


def track(end: date) -> Track:
    """Stock value by day in company currency; products without a cost are not in it."""
    rows = database.read(
        "SELECT day, sum(value)::float8 AS value FROM stock_changes WHERE day <= :end "
        "OR day = (SELECT min(day) FROM stock_changes) GROUP BY day",
        end=end,
    )
    made = Track.of_changes("stock figures", {row["day"]: row["value"] for row in rows}, end)
    return Track("stock figures", made.first, made.values, feed(), f"There is no stock yet; {STEP}")


def on_hand(day: date) -> pd.DataFrame:
    """Each product that ever had stock: columns sku, title, on_hand, value (company currency).

    `value` is NaN where the product on hand has no cost, or its cost no exchange rate.
    """
    found: pd.DataFrame = database.frame(
        "SELECT c.sku, max(p.title) AS title, sum(c.quantity)::float8 AS on_hand, "
        "CASE WHEN sum(c.unknown) = 0 OR sum(c.quantity) = 0 THEN sum(c.value) END::float8 "
        "AS value "
        "FROM stock_changes c LEFT JOIN products p ON p.sku = c.sku "
        "WHERE c.day <= :day GROUP BY c.sku ORDER BY value DESC NULLS LAST, c.sku",
        day=day,
    )
    return found


def of_product(sku: str, start: date, end: date) -> pd.DataFrame:
    """One product's stock at the end of each day: columns day, on_hand."""
    rows = database.read(
        "SELECT day, quantity::float8 AS change FROM stock_changes "
        "WHERE sku = :sku AND day <= :end",
        sku=sku,
        end=end,
    )
    made = Track.of_changes("stock figures", {row["day"]: row["change"] for row in rows}, end)
    days = pd.date_range(start, end)
    return pd.DataFrame({"day": days, "on_hand": [made.at(day.date()) for day in days]})
