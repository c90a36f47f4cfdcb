"""Each product's stock against its demand: cover, class, what to order, what is wrong with it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from data import company, database, fx
from data.queries import inventory_value, replenish

DEMAND_DAYS = 90
OVERSTOCK_DAYS = 180
DEAD_DAYS = 180
EXPIRY_DAYS = 30

_DEMAND = """
WITH sold AS (
    SELECT sku, moved_on AS day, -sum(quantity) AS units FROM stock_movements
     WHERE kind = 'sale' AND moved_on BETWEEN :long AND :day GROUP BY 1, 2
), ordered AS (
    SELECT p.sku, d.day, sum(d.units) AS units
      FROM sales_daily d JOIN products p ON p.id = d.product_id
     WHERE d.day BETWEEN :long AND :day AND p.sku NOT IN (SELECT sku FROM sold) GROUP BY 1, 2
), daily AS (SELECT * FROM sold UNION ALL SELECT * FROM ordered)
SELECT sku, sum(units) FILTER (WHERE day >= :short)::float8 AS units,
       sum(units * units) FILTER (WHERE day >= :short)::float8 AS squares,
       max(day) FILTER (WHERE units > 0) AS last_sold
  FROM daily GROUP BY sku
"""


def demand(day: date) -> pd.DataFrame:
    """Units sold a day over the 90 days to `day`: columns sku, mean, deviation, last_sold."""
    found = database.frame(
        _DEMAND,
        day=day,
        short=day - timedelta(DEMAND_DAYS - 1),
        long=day - timedelta(DEAD_DAYS - 1),
    )
    units, squares = (found[name].astype("float64").fillna(0.0) for name in ("units", "squares"))
    mean = units / DEMAND_DAYS
    variance = (squares / DEMAND_DAYS - mean**2).clip(lower=0)
    return pd.DataFrame({"sku": found["sku"], "mean": mean, "deviation": np.sqrt(variance),
                         "last_sold": found["last_sold"]})  # fmt: skip


def stand(day: date) -> pd.DataFrame:
    """One row a product that ever had stock, as it stood on `day`.

    sku, title, on_hand, value (company currency), mean and deviation (units a day over 90 days),
    cover (days; NaN without demand), abc, lead_time_days, minimum_order, safety_stock,
    reorder_point, on_order (open purchase orders), unit_cost (company currency), and the flags
    out, below, over, dead: true, false, or missing where they cannot be judged.
    """
    found = inventory_value.on_hand(day)
    if found.empty:
        return found
    for part in (demand(day), _terms(day)):  # by label: a merge costs more than its query
        placed = part.set_index("sku").reindex(found["sku"])
        found = found.assign(**{str(name): placed[name].to_numpy() for name in placed})
    found[["mean", "deviation"]] = found[["mean", "deviation"]].astype("float64").fillna(0.0)
    found["cover"] = found["on_hand"].clip(lower=0) / found["mean"].where(found["mean"] > 0)
    found["abc"] = replenish.abc(found["mean"] * found["unit_cost"].astype("float64"))
    return _flagged(found, day)


def _terms(day: date) -> pd.DataFrame:
    cost = f"c.cost * {fx.rate('c.currency', ':day')}"
    frame: pd.DataFrame = database.frame(
        "SELECT s.sku, p.lead_time_days, p.minimum_order, p.safety_stock, p.reorder_point, "
        "p.order_cost, s.begun, "
        "(SELECT sum(greatest(quantity - received_quantity, 0)) FROM purchase_orders o "
        " WHERE o.sku = s.sku AND o.status = 'open' AND o.ordered_on <= :day) AS on_order, "
        f"(SELECT {cost} FROM product_costs c WHERE c.sku = s.sku "
        " AND :day >= c.from_day AND :day < c.until) AS unit_cost "
        "FROM (SELECT sku, min(day) AS begun FROM stock_changes WHERE day <= :day GROUP BY sku) s "
        "LEFT JOIN products p ON p.sku = s.sku",
        day=day, company=company.currency(),
    )  # fmt: skip
    numbers = [name for name in frame.columns if name not in ("sku", "begun")]
    frame[numbers] = frame[numbers].astype("float64")
    return frame


def _flagged(found: pd.DataFrame, day: date) -> pd.DataFrame:
    on_hand, begun = found["on_hand"], pd.to_datetime(found["begun"])
    sold = pd.to_datetime(found["last_sold"])
    found["out"] = (on_hand <= 0).astype("boolean")
    found["below"] = (on_hand < found["reorder_point"]).astype("boolean")
    found.loc[found["reorder_point"].isna(), "below"] = pd.NA
    found["over"] = (found["cover"] > OVERSTOCK_DAYS).astype("boolean")
    found.loc[found["cover"].isna(), "over"] = pd.NA
    since = pd.Timestamp(day - timedelta(DEAD_DAYS - 1))
    found["dead"] = ((on_hand > 0) & ~(sold >= since)).astype("boolean")
    found.loc[(on_hand > 0) & (begun > since), "dead"] = pd.NA
    return found


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
