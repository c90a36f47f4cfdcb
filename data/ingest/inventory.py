"""Stock counts, stock movements and purchase orders, and the spans that are made from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from data import company, fx
from data.ingest.dataset import Dataset, one_of
from data.ingest.fields import Field

LOCK = "stock"
KINDS = (
    "opening", "receipt", "production", "sale", "return", "transfer", "adjustment", "scrap",
)  # fmt: skip
_PLACE = (
    Field("sku", "text", "Stock-keeping unit.", required=True),
    Field("location", "text", "Warehouse or shop.", fallback="main", longest=80),
    Field("batch", "text", "Batch or lot.", fallback="", longest=80),
    Field("expires_on", "day", "Last day the batch may be sold.", years_ahead=30),
)

# The books repeat what shops and warehouses hold: they count only products nobody else counts.
BOOKS = "split_part({alias}.source, '-', 1) = 'xero'"
REPEATED = f"""{BOOKS.format(alias="l")} AND (
    EXISTS (SELECT FROM stock_levels o WHERE o.sku = l.sku AND o.counted_on <= l.counted_on
            AND NOT {BOOKS.format(alias="o")})
    OR EXISTS (SELECT FROM stock_movements m WHERE m.sku = l.sku AND m.moved_on <= l.counted_on))"""

# Closing balance of each place on each day that something happened; a count resets it.
_CLOSINGS = f"""
CREATE TEMP TABLE closings ON COMMIT DROP AS
WITH events AS (
    SELECT sku, location, batch, expires_on, counted_on AS day,
           CASE WHEN {REPEATED} THEN 0 ELSE quantity END AS level, NULL AS moved
      FROM stock_levels l WHERE sku IN (SELECT sku FROM touched)
    UNION ALL
    SELECT sku, location, batch, expires_on, moved_on, NULL, quantity
      FROM stock_movements WHERE sku IN (SELECT sku FROM touched)
), days AS (
    SELECT sku, location, batch, day, max(expires_on) AS expires_on, sum(level) AS level,
           coalesce(sum(moved), 0) AS moved
      FROM events GROUP BY sku, location, batch, day
), stretches AS (
    SELECT *, count(level) OVER (PARTITION BY sku, location, batch ORDER BY day) AS stretch
      FROM days
)
SELECT sku, location, batch, max(expires_on) OVER whole AS expires_on, day,
       sum(coalesce(level, moved)) OVER (PARTITION BY sku, location, batch, stretch ORDER BY day)
           AS quantity,
       lead(day, 1, 'infinity'::date) OVER (PARTITION BY sku, location, batch ORDER BY day)
           AS until
  FROM stretches WINDOW whole AS (PARTITION BY sku, location, batch)
"""
_SPANS = (
    "DELETE FROM stock_spans WHERE sku IN (SELECT sku FROM touched)",
    "INSERT INTO stock_spans (sku, location, batch, expires_on, from_day, until, quantity) "
    "SELECT sku, location, batch, expires_on, day, until, quantity FROM closings "
    "WHERE quantity <> 0",
)
# What each day changed: quantity from the spans, value where a span meets a cost. A piece whose
# cost or rate is not known is counted, so that it takes no other value along when it ends.
_CHANGES = (
    "DELETE FROM stock_changes WHERE sku IN (SELECT sku FROM touched)",
    f"""
INSERT INTO stock_changes (sku, day, quantity, value, unknown)
WITH spans AS (
    SELECT sku, from_day, until, quantity FROM stock_spans WHERE sku IN (SELECT sku FROM touched)
), pieces AS (
    SELECT s.sku, greatest(s.from_day, c.from_day) AS from_day, least(s.until, c.until) AS until,
           s.quantity * c.cost
               * {fx.rate("c.currency", "greatest(s.from_day, c.from_day)")} AS value
      FROM spans s JOIN product_costs c
        ON c.sku = s.sku AND c.from_day < s.until AND c.until > s.from_day
    UNION ALL
    SELECT s.sku, s.from_day, least(s.until, f.first), NULL
      FROM spans s CROSS JOIN LATERAL (
        SELECT coalesce(min(from_day), 'infinity') AS first FROM product_costs c
         WHERE c.sku = s.sku) f
     WHERE s.from_day < f.first
), edges AS (
    SELECT sku, from_day AS day, quantity, 0 AS value, 0 AS unknown FROM spans
    UNION ALL SELECT sku, until, -quantity, 0, 0 FROM spans
    UNION ALL SELECT sku, from_day, 0, coalesce(value, 0), (value IS NULL)::int FROM pieces
    UNION ALL SELECT sku, until, 0, -coalesce(value, 0), -(value IS NULL)::int FROM pieces
)
SELECT sku, day, sum(quantity), sum(value), sum(unknown) FROM edges WHERE day < 'infinity'
 GROUP BY sku, day
""",
)


def refresh(opened: Connection, skus: str) -> None:
    """Make spans and daily changes anew for the products that the query `skus` names."""
    _touch(opened, skus)
    for statement in (_CLOSINGS, *_SPANS):
        opened.execute(text(statement))
    _value(opened)


def revalue(opened: Connection, skus: str) -> None:
    """Make the daily changes anew, as after a new cost or exchange rate."""
    _touch(opened, skus)
    _value(opened)


def _touch(opened: Connection, skus: str) -> None:
    opened.execute(text("DROP TABLE IF EXISTS touched, closings"))
    opened.execute(
        text(
            "CREATE TEMP TABLE touched ON COMMIT DROP AS "
            f"SELECT DISTINCT sku FROM ({skus}) AS named(sku)"
        )
    )


def _value(opened: Connection) -> None:
    for statement in _CHANGES:
        opened.execute(text(statement), {"company": company.currency()})


def _moved_skus(table: str) -> str:
    return (f"SELECT sku FROM in_rows UNION SELECT t.sku FROM {table} t JOIN in_rows r "
            "ON t.source_id = r.source_id WHERE t.source = :source")  # fmt: skip


def _remember(table: str) -> Any:
    """Which products a merge touches, the ones it takes rows away from included."""

    def prepare(opened: Connection, source: str) -> None:
        opened.execute(text("DROP TABLE IF EXISTS touched_before"))
        opened.execute(
            text(f"CREATE TEMP TABLE touched_before ON COMMIT DROP AS {_moved_skus(table)}"),
            {"source": source},
        )

    return prepare


def _follow(opened: Connection, _: str) -> None:
    refresh(opened, "SELECT sku FROM touched_before")


def _check_kind(columns: Mapping[str, Any]) -> list[tuple[Any, str, str]]:
    return [one_of("kind", *KINDS)(columns)]


def _check_status(columns: Mapping[str, Any]) -> list[tuple[Any, str, str]]:
    return [one_of("status", "open", "received", "cancelled")(columns)]


STOCK = Dataset(
    "stock",
    "stock_levels",
    (
        *_PLACE,
        Field("counted_on", "day", "Day at whose end this was on hand.", required=True),
        Field("quantity", "number", "How many were on hand.", required=True, largest=10**9),
    ),
    key="concat_ws('|', sku, location, batch, counted_on)",
    prepare=_remember("stock_levels"),
    follow=_follow,
    lock=LOCK,
)
MOVEMENTS = Dataset(
    "movements",
    "stock_movements",
    (
        Field("movement_id", "text", "The movement's number.", required=True),
        *_PLACE,
        Field("moved_on", "day", "Day of the movement.", required=True),
        Field("kind", "text", f"One of {', '.join(KINDS)}.", fallback="adjustment"),
        Field("quantity", "number", "How many came in; negative: went out.", required=True,
              negative=True, largest=10**9),
    ),
    key="movement_id",
    check=_check_kind,
    values={
        name: name
        for name in ("sku", "location", "batch", "expires_on", "moved_on", "kind", "quantity")
    },
    prepare=_remember("stock_movements"),
    follow=_follow,
    lock=LOCK,
)  # fmt: skip
PURCHASE_ORDERS = Dataset(
    "purchase-orders",
    "purchase_orders",
    (
        Field("order_id", "text", "The purchase order's number.", required=True),
        Field("sku", "text", "Stock-keeping unit.", required=True),
        Field("ordered_on", "day", "Day of the order.", required=True),
        Field("quantity", "number", "How many were ordered.", required=True, largest=10**9),
        Field("supplier", "text", "Who delivers."),
        Field("location", "text", "Where it goes.", fallback="main", longest=80),
        Field("expected_on", "day", "Day it is due."),
        Field("received_on", "day", "Day it came."),
        Field("received_quantity", "number", "How many came.", fallback=0, largest=10**9),
        Field("unit_cost", "number", "Price of one."),
        Field("currency", "currency", "ISO 4217 code; the company's where it is not given."),
        Field("status", "text", "open, received or cancelled.", fallback="open"),
    ),
    key="concat_ws('|', order_id, sku)",
    check=_check_status,
    late=(("quantity = 0", "quantity", "is zero; leave the row out or set status cancelled"),),
    values={
        name: name
        for name in ("sku", "ordered_on", "quantity", "supplier", "location", "expected_on",
                     "received_on", "received_quantity", "unit_cost", "currency", "status")
    },
)  # fmt: skip
