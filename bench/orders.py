"""Order lines in any number: straight into the tables, or as the CSV that people import."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from data import database
from data.ingest import rollups

CHANNELS = ("shop", "amazon", "ebay", "retail")
COUNTRIES = ("GB", "DE", "FR", "US")
COLUMNS = (
    "order_id", "ordered_at", "channel", "customer_id", "sku", "quantity", "unit_price",
    "discount", "tax", "shipping", "refunded", "refunded_at", "currency", "status", "unit_cost",
    "country",
)  # fmt: skip
PRODUCTS = 500
DAYS = 365
LINES_AN_ORDER = 2

# The day comes from the number, so that a year is filled evenly and days lie together.
_FILL = (
    "INSERT INTO products (sku, title, unit_cost, source) "
    "SELECT 'SKU' || n, 'Product ' || n, 4 + n % 20, 'bench' FROM generate_series(1, :products) n",
    "INSERT INTO customers (source, source_id, country, first_ordered_at) "
    "SELECT 'bench', 'C' || n, (:countries)[1 + n % 4], :first FROM generate_series(1, 20000) n",
    """
    INSERT INTO orders (id, source, source_id, ordered_at, day, hour, channel, country,
                        customer_id, status, counted, returning_customer, taxes_included)
    SELECT n, 'bench', 'B' || n, at, at::date, extract(hour FROM at), (:channels)[1 + n % 4],
           (:countries)[1 + n % 3], 1 + n % 20000, 'paid', true, n % 3 > 0, false
    FROM (SELECT n, :first + n * (interval '1 day' * :days / :orders) AS at
          FROM generate_series(1, :orders) n) made
    """,
    """
    INSERT INTO order_lines (order_id, line, product_id, quantity, unit_price, discount, tax,
                             shipping, unit_cost, fees, currency, rate, counted, first_of_order,
                             first_of_product)
    SELECT n, line, 1 + (n * 7 + line) % :products, 1 + n % 3, 10 + n % 40, n % 2, 2,
           CASE WHEN line = 1 THEN 3 ELSE 0 END, 4 + n % 20, 1, :currency, 1, true, line = 1, true
    FROM generate_series(1, :orders) n, generate_series(1, :lines) line
    """,
    "INSERT INTO sales_sources (source, last_seen) VALUES ('bench', now())",
)


def fill(lines: int, currency: str = "GBP") -> None:
    """That many order lines over the last year, with their roll-ups."""
    first = datetime.now(UTC) - timedelta(days=DAYS)
    values = {
        "products": PRODUCTS,
        "countries": list(COUNTRIES),
        "channels": list(CHANNELS),
        "first": first,
        "days": DAYS,
        "orders": lines // LINES_AN_ORDER,
        "lines": LINES_AN_ORDER,
        "currency": currency,
    }
    with database.transaction() as opened:
        opened.execute(text("SET LOCAL statement_timeout = 0"))
        opened.execute(text("SET LOCAL synchronous_commit = off"))
        for statement in _FILL:
            opened.execute(text(statement), values)
    rollups.rebuild()
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as opened:
        opened.execute(text("SET statement_timeout = 0"))
        opened.execute(text("VACUUM ANALYZE"))


def write_csv(path: Path, lines: int, start: int = 0) -> None:
    """A file of the standard columns; `start` sets order numbers apart from another file's."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        for n in range(lines):
            order = start + n // LINES_AN_ORDER
            at = begin + timedelta(minutes=order % 131_040)
            out.writerow(
                (f"F{order}", at.isoformat(), CHANNELS[order % 4], f"C{order % 5000}",
                 f"SKU{1 + (order * 7 + n) % PRODUCTS}", 1 + n % 3, 10 + n % 40, n % 2, 2,
                 3 if n % 2 == 0 else 0, "", "", "GBP", "paid", 4 + n % 20, COUNTRIES[order % 3])
            )  # fmt: skip
