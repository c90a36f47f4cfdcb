"""Products whose stock several sources count, and which of the counts are used."""

from __future__ import annotations

import pandas as pd

from data import database
from data.ingest.inventory import BOOKS

_KEEPERS = f"""
WITH newest AS (
    SELECT DISTINCT ON (l.source, l.sku, l.location) l.source, l.sku, l.location, l.quantity,
        {BOOKS.format(alias="l")} AS books
    FROM stock_levels l ORDER BY l.source, l.sku, l.location, l.counted_on DESC
), kept AS (
    SELECT sku, source, books, sum(quantity) AS quantity FROM newest GROUP BY sku, source, books
), several AS (
    SELECT sku, bool_or(NOT books) AS elsewhere FROM kept GROUP BY sku HAVING count(*) > 1
)
SELECT k.sku, k.source, k.quantity::float8 AS quantity, NOT (k.books AND s.elsewhere) AS counts
FROM kept k JOIN several s USING (sku) ORDER BY k.sku, counts DESC, k.source
"""


def several() -> pd.DataFrame:
    """One row for each source of such a product: sku, source, quantity, counts (true, false)."""
    frame: pd.DataFrame = database.frame(_KEEPERS)
    return frame
