"""Products whose stock several sources count, and what of the counts is used."""

from __future__ import annotations

import pandas as pd

from data import database
from data.ingest.inventory import REPEATED

# At one place and batch a count resets what was known, whoever made it, as in the spans.
_KEEPERS = f"""
WITH several AS (
    SELECT sku FROM stock_levels GROUP BY sku HAVING min(source) <> max(source)
), newest AS (
    SELECT DISTINCT ON (source, sku, location, batch) source, sku, location, batch, counted_on,
        quantity
    FROM stock_levels WHERE sku IN (SELECT sku FROM several)
    ORDER BY source, sku, location, batch, counted_on DESC
), judged AS (
    SELECT l.*, l.counted_on = max(l.counted_on) OVER (PARTITION BY l.sku, l.location, l.batch)
        AND NOT ({REPEATED}) AS used
    FROM newest l
)
SELECT sku, source, sum(quantity)::float8 AS quantity,
       coalesce(sum(quantity) FILTER (WHERE used), 0)::float8 AS used
FROM judged GROUP BY sku, source ORDER BY sku, used DESC, source
"""


def several() -> pd.DataFrame:
    """One row for each source of such a product: sku, source, quantity, and how much is used."""
    frame: pd.DataFrame = database.frame(_KEEPERS)
    return frame
