"""What each product cost on the day of an order, in the order's currency."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection, text

from data import company
from data.integrations.records import Order

# The last cost known by that day, else the first one known after it.
_COSTS = """
SELECT w.sku, w.currency, w.day,
    CASE WHEN c.currency = w.currency THEN c.cost
         ELSE c.cost * fx_rate(c.currency, :company, w.day)
              / fx_rate(w.currency, :company, w.day) END AS cost
FROM unnest(CAST(:skus AS text[]), CAST(:currencies AS text[]), CAST(:days AS date[]))
    AS w(sku, currency, day)
CROSS JOIN LATERAL (
    SELECT cost, currency FROM product_costs p WHERE p.sku = w.sku
    ORDER BY p.from_day <= w.day DESC, abs(p.from_day - w.day) LIMIT 1
) c
"""


class Costs:
    """Costs of every product in some orders."""

    def __init__(self, opened: Connection, orders: Sequence[Order]) -> None:
        self._zone = company.zone()
        wanted = {
            (line.sku, each.currency, self._day(each)) for each in orders for line in each.lines
        }
        names = {
            "skus": [key[0] for key in wanted],
            "currencies": [key[1] for key in wanted],
            "days": [key[2] for key in wanted],
            "company": company.currency(),
        }
        rows = opened.execute(text(_COSTS), names) if wanted else ()
        self._known: dict[tuple[str, str, date], Decimal | None] = {
            (row.sku, row.currency, row.day): row.cost for row in rows
        }

    def of(self, sku: str, order: Order) -> Decimal | None:
        """Cost of one unit on the order's day, None while none is known."""
        if not self._known:
            return None
        return self._known.get((sku, order.currency, self._day(order)))

    def _day(self, order: Order) -> date:
        return order.ordered_at.astimezone(self._zone).date()
