"""Products with their terms, and the history of what one unit costs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from data import company
from data.ingest import inventory
from data.ingest.dataset import Dataset
from data.ingest.fields import Field

_TERMS = (
    "lead_time_days", "minimum_order", "safety_stock", "reorder_point", "shelf_life_days",
    "order_cost",
)  # fmt: skip
_COLUMNS = ("title", "price", "unit_cost", "currency", *_TERMS)

# A file or vendor that does not tell a value leaves the known one standing, unless only the sample
# knew it: a company's own product has nothing of the sample's.
_UPSERT = f"""
INSERT INTO products (sku, {", ".join(_COLUMNS)}, source, source_id, last_seen)
SELECT sku, title, price, cost, currency, {", ".join(_TERMS)}, :source, source_id, now()
  FROM in_rows
ON CONFLICT (sku) DO UPDATE SET
    {
    ", ".join(
        f"{name} = coalesce(excluded.{name}, CASE WHEN products.source IS DISTINCT FROM "
        f"'sample' THEN products.{name} END)"
        for name in _COLUMNS
    )
},
    source = excluded.source, source_id = excluded.source_id, last_seen = excluded.last_seen
"""
_COUNT = f"""
SELECT count(*) FILTER (WHERE p.id IS NULL) AS new,
       count(*) FILTER (WHERE p.id IS NOT NULL AND ({" OR ".join(
           f"coalesce(r.{'cost' if name == 'unit_cost' else name}::text, p.{name}::text) "
           f"IS DISTINCT FROM p.{name}::text" if name in ("title", "currency") else
           f"coalesce(r.{'cost' if name == 'unit_cost' else name}, p.{name}) "
           f"IS DISTINCT FROM p.{name}" for name in _COLUMNS)})) AS changed
  FROM in_rows r LEFT JOIN products p ON p.sku = r.sku
"""  # fmt: skip

# The first cost holds for all time before; a later one from `cost_from` (default today) on.
_COSTS = (
    "DELETE FROM product_costs c USING in_rows r WHERE c.sku = r.sku AND c.source = 'sample' "
    "AND r.cost IS NOT NULL",
    """
CREATE TEMP TABLE new_costs ON COMMIT DROP AS
SELECT r.sku, r.cost, r.currency, coalesce(r.cost_from, CASE WHEN EXISTS (
           SELECT FROM product_costs c WHERE c.sku = r.sku) THEN CAST(:today AS date)
           ELSE '2000-01-01'::date END) AS from_day
  FROM in_rows r WHERE r.cost IS NOT NULL
""",
    """
DELETE FROM new_costs n USING product_costs c
 WHERE c.sku = n.sku AND n.from_day >= c.from_day AND n.from_day < c.until
   AND c.cost = n.cost AND c.currency = n.currency
""",
    """
INSERT INTO product_costs (sku, from_day, cost, currency, source)
SELECT sku, from_day, cost, currency, :source FROM new_costs
ON CONFLICT (sku, from_day) DO UPDATE
   SET cost = excluded.cost, currency = excluded.currency, source = excluded.source
""",
    """
UPDATE product_costs c SET until = chained.until
  FROM (SELECT sku, from_day, lead(from_day, 1, 'infinity'::date)
               OVER (PARTITION BY sku ORDER BY from_day) AS until
          FROM product_costs WHERE sku IN (SELECT sku FROM new_costs)) chained
 WHERE chained.sku = c.sku AND chained.from_day = c.from_day AND c.until <> chained.until
""",
)


def _merge(opened: Connection, source: str) -> dict[str, int]:
    names: dict[str, Any] = {"source": source, "today": company.today()}
    counted = opened.execute(text(_COUNT)).one()
    opened.execute(text("DROP TABLE IF EXISTS new_costs"))
    for statement in (_UPSERT, *_COSTS):
        opened.execute(text(statement), names)
    return {"new": int(counted.new), "changed": int(counted.changed)}


def _follow(opened: Connection, _: str) -> None:
    inventory.revalue(opened, "SELECT sku FROM new_costs")


PRODUCTS = Dataset(
    "products",
    "products",
    (
        Field("sku", "text", "Stock-keeping unit.", required=True),
        Field("title", "text", "Name shown."),
        Field("cost", "number", "Cost of one."),
        Field("cost_from", "day", "First day of that cost; today where a cost is known already."),
        Field("price", "number", "List price of one."),
        Field("currency", "currency", "Of cost and price; the company's where it is not given."),
        Field("lead_time_days", "number", "Days from order to receipt.", largest=3650),
        Field("minimum_order", "number", "Smallest quantity that can be ordered."),
        Field("safety_stock", "number", "Quantity kept against surprises."),
        Field("reorder_point", "number", "Order when less than this is on hand."),
        Field("shelf_life_days", "number", "Days a batch may be sold.", largest=36500),
        Field("order_cost", "number", "What placing one order costs, company currency."),
    ),
    key="sku",
    late=(
        ("shelf_life_days < 1", "shelf_life_days", "must be a day or more"),
        ("shelf_life_days <> trunc(shelf_life_days)", "shelf_life_days", "must be whole days"),
    ),
    merge=_merge,
    follow=_follow,
    lock=inventory.LOCK,
)
