"""Each product's stock against its demand: cover, class, what to order, what is wrong with it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from data import company, database, fx
from data.queries import replenish

DEMAND_DAYS = 90
OVERSTOCK_DAYS = 180
DEAD_DAYS = 180
EXPIRY_DAYS = 30

# One row a product that ever had stock. Units sold come from its movements, else from its orders.
_STANDING = f"""
WITH standing AS (
    SELECT sku, min(day) AS begun, sum(quantity)::float8 AS on_hand,
        CASE WHEN sum(unknown) = 0 OR sum(quantity) = 0 THEN sum(value) END::float8 AS value
      FROM stock_changes WHERE day <= :day GROUP BY sku
), sold AS (
    SELECT sku, moved_on AS day, -sum(quantity) AS units FROM stock_movements
     WHERE kind = 'sale' AND moved_on BETWEEN :long AND :day GROUP BY 1, 2
), ordered AS (
    SELECT p.sku, d.day, sum(d.units) AS units
      FROM sales_daily d JOIN products p ON p.id = d.product_id
     WHERE d.day BETWEEN :long AND :day AND p.sku NOT IN (SELECT sku FROM sold) GROUP BY 1, 2
), demand AS (
    SELECT sku, sum(units) FILTER (WHERE day >= :short)::float8 AS units,
        sum(units * units) FILTER (WHERE day >= :short)::float8 AS squares,
        max(day) FILTER (WHERE units > 0) AS last_sold
      FROM (SELECT * FROM sold UNION ALL SELECT * FROM ordered) daily GROUP BY sku
)
SELECT s.sku, p.title, s.on_hand, s.value, coalesce(d.units, 0) AS units,
    coalesce(d.squares, 0) AS squares, d.last_sold, s.begun,
    p.lead_time_days::float8, p.minimum_order::float8, p.safety_stock::float8,
    p.reorder_point::float8, p.order_cost::float8,
    (SELECT sum(greatest(quantity - received_quantity, 0)) FROM purchase_orders o
      WHERE o.sku = s.sku AND o.status = 'open' AND o.ordered_on <= :day)::float8 AS on_order,
    (SELECT c.cost * {fx.rate("c.currency", ":day")} FROM product_costs c
      WHERE c.sku = s.sku AND :day >= c.from_day AND :day < c.until)::float8 AS unit_cost
  FROM standing s LEFT JOIN demand d USING (sku) LEFT JOIN products p USING (sku)
 ORDER BY s.value DESC NULLS LAST, s.sku
"""
_GIVEN = ("lead_time_days", "minimum_order", "safety_stock", "reorder_point", "order_cost",
          "on_order", "unit_cost", "value")  # fmt: skip


def stand(day: date) -> pd.DataFrame:
    """One row a product that ever had stock, as it stood on `day`.

    sku, title, on_hand, value (company currency), mean and deviation (units a day over 90 days),
    cover (days; NaN without demand), abc, lead_time_days, minimum_order, safety_stock,
    reorder_point, on_order (open purchase orders), unit_cost (company currency), and the flags
    out, below, over, dead: true, false, or missing where they cannot be judged.
    """
    since = day - timedelta(DEAD_DAYS - 1)
    found: pd.DataFrame = database.frame(
        _STANDING, day=day, short=day - timedelta(DEMAND_DAYS - 1), long=since,
        company=company.currency(),
    )  # fmt: skip
    if found.empty:
        return found
    found = found.astype(dict.fromkeys(_GIVEN, "float64"))
    on_hand, mean = found["on_hand"].to_numpy(), found["units"].to_numpy() / DEMAND_DAYS
    variance = np.clip(found["squares"].to_numpy() / DEMAND_DAYS - mean**2, 0, None)
    cover = np.divide(on_hand.clip(0), mean, out=np.full(len(mean), np.nan), where=mean > 0)
    return found.drop(columns=["units", "squares"]).assign(
        mean=mean, deviation=np.sqrt(variance), cover=cover,
        abc=replenish.abc(pd.Series(mean) * found["unit_cost"]),
        **_flags(found, cover, since),
    )  # fmt: skip


def _flags(found: pd.DataFrame, cover: Any, since: date) -> dict[str, Any]:
    """What is wrong with each product; a flag is missing where its input is."""
    on_hand, point = found["on_hand"].to_numpy(), found["reorder_point"].to_numpy()
    young = np.array([begun > since for begun in found["begun"]])
    sold = np.array([not pd.isna(last) and last >= since for last in found["last_sold"]])
    nothing = np.zeros(len(found), dtype=bool)
    return {
        name: pd.arrays.BooleanArray(flag, unknown)
        for name, flag, unknown in (
            ("out", on_hand <= 0, nothing),
            ("below", on_hand < point, np.isnan(point)),
            ("over", cover > OVERSTOCK_DAYS, np.isnan(cover)),
            ("dead", (on_hand > 0) & ~sold, (on_hand > 0) & young),
        )
    }


def expiring(day: date) -> pd.DataFrame:
    """Batches on hand on `day` that expire within 30 days or have expired, soonest first.

    sku, title, location, batch, expires_on, days_left, quantity, value (company currency).
    """
    found: pd.DataFrame = database.frame(
        "SELECT s.sku, p.title, s.location, s.batch, s.expires_on, "
        "s.expires_on - :day AS days_left, s.quantity::float8 AS quantity, "
        f"(s.quantity * c.cost * {fx.rate('c.currency', ':day')})::float8 AS value "
        "FROM stock_spans s LEFT JOIN products p ON p.sku = s.sku "
        "LEFT JOIN product_costs c ON c.sku = s.sku AND :day >= c.from_day AND :day < c.until "
        "WHERE daterange(s.from_day, s.until) @> CAST(:day AS date) AND s.quantity > 0 "
        "AND s.expires_on <= :last ORDER BY s.expires_on, s.sku, s.location, s.batch",
        day=day, last=day + timedelta(EXPIRY_DAYS), company=company.currency(),
    )  # fmt: skip
    return found
