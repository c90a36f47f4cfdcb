"""unknown values: what begins and ends without a value is counted, and loses nothing else's value.

A value that was missing once had made the whole day's, and the product's from then on, unknown.
"""

import sqlalchemy as sa
from alembic import context, op

revision = "0025"
down_revision = "0024"

COUNTED = """
DELETE FROM stock_changes;
ALTER TABLE stock_changes
    ALTER COLUMN value SET DEFAULT 0,
    ALTER COLUMN value SET NOT NULL,
    ADD COLUMN unknown integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN stock_changes.value IS
    'Company currency, of what has a cost and a rate; the rest is in unknown.';
COMMENT ON COLUMN stock_changes.unknown IS
    'Pieces of stock without a cost or its rate that begin on this day, less those that end.';
"""
MADE = """
INSERT INTO stock_changes (sku, day, quantity, value, unknown)
WITH pieces AS (
    SELECT s.sku, greatest(s.from_day, c.from_day) AS from_day, least(s.until, c.until) AS until,
           s.quantity * c.cost
               * fx_rate(c.currency::text, :company, greatest(s.from_day, c.from_day)) AS value
      FROM stock_spans s JOIN product_costs c
        ON c.sku = s.sku AND c.from_day < s.until AND c.until > s.from_day
    UNION ALL
    SELECT s.sku, s.from_day, least(s.until, f.first), NULL
      FROM stock_spans s CROSS JOIN LATERAL (
        SELECT coalesce(min(from_day), 'infinity') AS first FROM product_costs c
         WHERE c.sku = s.sku) f
     WHERE s.from_day < f.first
), edges AS (
    SELECT sku, from_day AS day, quantity, 0 AS value, 0 AS unknown FROM stock_spans
    UNION ALL SELECT sku, until, -quantity, 0, 0 FROM stock_spans
    UNION ALL SELECT sku, from_day, 0, coalesce(value, 0), (value IS NULL)::int FROM pieces
    UNION ALL SELECT sku, until, 0, -coalesce(value, 0), -(value IS NULL)::int FROM pieces
)
SELECT sku, day, sum(quantity), sum(value), sum(unknown) FROM edges WHERE day < 'infinity'
 GROUP BY sku, day
"""


def upgrade() -> None:
    """Make the daily changes anew from the spans and the costs."""
    op.execute(COUNTED)
    op.get_bind().execute(sa.text(MADE), {"company": context.config.attributes["currency"]})
