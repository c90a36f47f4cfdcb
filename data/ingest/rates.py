"""Exchange rates by day, and what is converted anew when one becomes known."""

from __future__ import annotations

from sqlalchemy import Connection, text

from data import company
from data.ingest import finance, inventory, rollups
from data.ingest.dataset import Dataset
from data.ingest.fields import Field

_UPSERT = """
INSERT INTO fx_rates (base, quote, day, rate, source, source_id, last_seen)
SELECT currency, coalesce(quote, CAST(:company AS char(3))), day, rate, :source, source_id, now()
  FROM in_rows
ON CONFLICT (base, quote, day) DO UPDATE
   SET rate = excluded.rate, source = excluded.source, source_id = excluded.source_id,
       last_seen = excluded.last_seen
"""
_COUNT = """
SELECT count(*) FILTER (WHERE f.rate IS NULL) AS new,
       count(*) FILTER (WHERE f.rate <> round(r.rate, 12)) AS changed
  FROM in_rows r LEFT JOIN fx_rates f
    ON f.base = r.currency AND f.quote = coalesce(r.quote, CAST(:company AS char(3)))
   AND f.day = r.day
"""


def _merge(opened: Connection, source: str) -> dict[str, int]:
    names = {"source": source, "company": company.currency()}
    counted = opened.execute(text(_COUNT), names).one()
    opened.execute(text(_UPSERT), names)
    return {"new": int(counted.new), "changed": int(counted.changed)}


_LATE_ORDERS = """
CREATE TEMP TABLE late_orders ON COMMIT DROP AS
SELECT DISTINCT o.id FROM in_rows r
  JOIN orders o ON o.day BETWEEN r.day AND r.day + 7
  JOIN order_lines l ON l.order_id = o.id AND l.currency IN (r.currency, r.quote)
UNION SELECT f.order_id FROM in_rows r
  JOIN refunds f ON f.day BETWEEN r.day AND r.day + 7 AND f.currency IN (r.currency, r.quote)
"""
_RESTATE = (
    "UPDATE order_lines l SET rate = fx_rate(l.currency, :company, o.day) FROM orders o "
    "WHERE o.id = l.order_id AND o.id IN (SELECT id FROM late_orders) "
    "AND l.rate IS DISTINCT FROM fx_rate(l.currency, :company, o.day)",
    "UPDATE refunds SET rate = fx_rate(currency, :company, day) "
    "WHERE order_id IN (SELECT id FROM late_orders) "
    "AND rate IS DISTINCT FROM fx_rate(currency, :company, day)",
)


def _follow(opened: Connection, _: str) -> None:
    _restate_sales(opened)
    finance.rebuild(opened)
    inventory.revalue(
        opened, "SELECT sku FROM product_costs c JOIN in_rows r ON r.currency = c.currency"
    )


def _restate_sales(opened: Connection) -> None:
    """Orders within a week of a new rate take it, and the sales roll-ups with them."""
    opened.execute(text("DROP TABLE IF EXISTS late_orders"))
    opened.execute(text(_LATE_ORDERS))
    if not opened.execute(text("SELECT count(*) FROM late_orders")).scalar_one():
        return
    which = "SELECT id FROM late_orders"
    rollups.begin_delta(opened)
    rollups.add_delta(opened, -1, which)
    for statement in _RESTATE:
        opened.execute(text(statement), {"company": company.currency()})
    rollups.add_delta(opened, 1, which)
    rollups.apply_delta(opened)


def _one_writer(opened: Connection, _: str) -> None:
    rollups.lock(opened)


RATES = Dataset(
    "rates",
    "fx_rates",
    (
        Field("day", "day", "Day of the rate.", required=True),
        Field("currency", "currency", "One of this currency …", required=True),
        Field("rate", "number", "… is worth this much.", required=True),
        Field("quote", "text", "In this currency; the company's where it is not given.",
              longest=3, upper=True),
    ),
    key="concat_ws('|', day, currency, quote)",
    late=(
        ("rate = 0", "rate", "is zero"),
        ("quote IS NOT NULL AND quote !~ '^[A-Z]{3}$'", "quote", "is not an ISO 4217 code"),
    ),
    prepare=_one_writer,
    merge=_merge,
    follow=_follow,
)  # fmt: skip
