"""Takes the sample company out of the database: all of it, and nothing else."""

from __future__ import annotations

from sqlalchemy import text

from data import database
from data.ingest import finance, inventory, rollups
from data.ingest.reprice import reprice
from data.ingest.sales import remove_source

_BY_SOURCE = (
    "annotations", "stock_levels", "stock_movements", "purchase_orders", "invoice_payments",
    "invoices", "bank_balances", "ledger_lines", "production_stops", "production_runs",
    "deliveries", "product_costs", "fx_rates", "feeds", "sales_sources",
)  # fmt: skip
# A sample product that somebody really ordered stays, without what the sample knew of it.
_PRODUCTS = (
    "DELETE FROM products p WHERE source = 'sample' "
    "AND NOT EXISTS (SELECT FROM order_lines l WHERE l.product_id = p.id)",
    "UPDATE products SET source = 'csv', source_id = NULL, title = NULL, unit_cost = NULL, "
    "price = NULL, currency = NULL, lead_time_days = NULL, minimum_order = NULL, "
    "safety_stock = NULL, reorder_point = NULL, shelf_life_days = NULL, order_cost = NULL "
    "WHERE source = 'sample'",
)
# A line that really made something stays, as its own run brought it.
_LINES = (
    "DELETE FROM production_lines l WHERE source = 'sample' "
    "AND NOT EXISTS (SELECT FROM production_runs r WHERE r.line = l.code)",
    "UPDATE production_lines l SET source = r.source FROM production_runs r "
    "WHERE r.line = l.code AND l.source = 'sample'",
)


def remove() -> bool:
    """Take the sample out in one transaction; whether there was any."""
    with database.transaction() as opened:
        rollups.lock(opened)
        there = opened.execute(text(
            "SELECT EXISTS (SELECT FROM sales_sources WHERE source = 'sample') "
            "OR EXISTS (SELECT FROM feeds WHERE source = 'sample')"
        )).scalar_one()  # fmt: skip
        if not there:
            return False
        opened.execute(text(
            "CREATE TEMP TABLE sample_skus ON COMMIT DROP AS "
            "SELECT DISTINCT sku FROM stock_movements WHERE source = 'sample'"
        ))  # fmt: skip
        days = opened.execute(
            text("SELECT min(day), max(day) FROM fx_rates WHERE source = 'sample'")
        ).one()
        remove_source(opened, "sample")
        for table in _BY_SOURCE:
            opened.execute(text(f"DELETE FROM {table} WHERE source = 'sample'"))
        for statement in (*_LINES, *_PRODUCTS):
            opened.execute(text(statement))
        if days[0] is not None:
            reprice(opened, days[0], days[1])
        inventory.refresh(opened, "SELECT sku FROM sample_skus")
        finance.rebuild(opened)
    return True
