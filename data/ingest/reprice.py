"""Exchange rates that arrive after the orders: the daily figures of the touched days follow."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text

from data import company
from data.ingest import rollups

_KNOWN = """
CREATE TEMP TABLE known_rates ON COMMIT DROP AS
SELECT day, currency, fx_rate(currency, :company, day) AS rate FROM (
    SELECT DISTINCT o.day, l.currency FROM orders o JOIN order_lines l ON l.order_id = o.id
    WHERE o.day BETWEEN :first AND CAST(:last AS date) + 7 AND l.currency <> :company
    UNION SELECT day, currency FROM refunds
    WHERE day BETWEEN :first AND CAST(:last AS date) + 7 AND currency <> :company
) used
"""
_REPRICED = """
CREATE TEMP TABLE repriced ON COMMIT DROP AS
SELECT l.order_id AS id FROM orders o JOIN order_lines l ON l.order_id = o.id
JOIN known_rates k ON k.day = o.day AND k.currency = l.currency
WHERE l.rate IS DISTINCT FROM k.rate::numeric(24, 12)
UNION SELECT r.order_id FROM refunds r
JOIN known_rates k ON k.day = r.day AND k.currency = r.currency
WHERE r.rate IS DISTINCT FROM k.rate::numeric(24, 12)
"""
_UPDATES = (
    "UPDATE order_lines l SET rate = k.rate FROM known_rates k, orders o "
    "WHERE o.id = l.order_id AND k.day = o.day AND k.currency = l.currency "
    "AND l.order_id IN (SELECT id FROM repriced)",
    "UPDATE refunds r SET rate = k.rate FROM known_rates k "
    "WHERE k.day = r.day AND k.currency = r.currency "
    "AND r.order_id IN (SELECT id FROM repriced)",
)


def reprice(opened: Connection, first: date, last: date) -> int:
    """Convert orders anew whose rate changed because rates of `first` to `last` did.

    To be called after writing fx_rates, in the same transaction. A rate serves the 7 days after
    it too. Returns the number of orders that changed. Raises StaleRollups.
    """
    rollups.lock(opened)
    rollups.require_current(opened)
    names = {"company": company.currency(), "first": first, "last": last}
    opened.execute(text("DROP TABLE IF EXISTS pg_temp.known_rates, pg_temp.repriced"))
    opened.execute(text(_KNOWN), names)
    changed = opened.execute(text(_REPRICED)).rowcount
    if changed:
        rollups.begin_delta(opened)
        rollups.add_delta(opened, -1, "IN (SELECT id FROM repriced)")
        for statement in _UPDATES:
            opened.execute(text(statement))
        rollups.add_delta(opened, 1, "IN (SELECT id FROM repriced)")
        rollups.apply_delta(opened)
    return int(changed)
