"""Orders as integrations give them: typed records in, tables and daily figures kept together.

Everything runs in the caller's transaction, so that a sync's cursor and its rows commit as one.
Each order replaces the stored one of its source and number whole: lines and refunds that it no
longer has are gone, a cancelled or test order stops counting.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from data import database
from data.ingest import merge, rollups

_ZERO = Decimal(0)
NO_SKU = "no sku"
# What stands for None in COPY; no vendor writes a control character.
_NULL = "\x02"


@dataclass(frozen=True)
class LineRecord:
    """One line of an order. Amounts of the whole line, in `currency`, except the unit ones.

    `unit_price`: list price of one; `tax`: of the line, within the price or not as the order's
    `taxes_included` says. `unit_cost` and `fees`: None where the vendor does not tell.
    """

    line_id: str
    sku: str
    quantity: Decimal
    unit_price: Decimal
    currency: str
    discount: Decimal = _ZERO
    tax: Decimal = _ZERO
    shipping: Decimal = _ZERO
    unit_cost: Decimal | None = None
    fees: Decimal | None = None


@dataclass(frozen=True)
class RefundRecord:
    """Money given back at its own time. `amount`: goods without tax and shipping, positive."""

    refund_id: str
    refunded_at: datetime
    amount: Decimal
    currency: str
    tax: Decimal = _ZERO
    shipping: Decimal = _ZERO
    sku: str | None = None


@dataclass(frozen=True)
class OrderRecord:
    """An order as it stands now, with all its lines and refunds."""

    order_id: str
    ordered_at: datetime
    channel: str
    lines: tuple[LineRecord, ...]
    refunds: tuple[RefundRecord, ...] = ()
    customer_id: str | None = None
    country: str = ""
    status: str | None = None
    cancelled: bool = False
    test: bool = False
    taxes_included: bool = True


def upsert_orders(
    opened: Connection, source: str, orders: Iterable[OrderRecord], sample: bool = False
) -> dict[str, int]:
    """Take orders over; of one given twice the last counts. Returns counts by name.

    Raises StaleRollups when the company's zone or currency changed since.
    """
    given = {order.order_id: order for order in orders}
    if not given:
        return {}
    merge.begin(opened)
    _copy(opened, "in_orders", _ORDER, map(_order_row, range(len(given)), given.values()))
    opened.execute(
        text("INSERT INTO in_runs (run, order_id) SELECT position, order_id FROM in_orders")
    )
    _copy(opened, "in_lines", _LINE, _line_rows(given.values()))
    _copy(opened, "in_refunds", _REFUND, _refund_rows(given.values()))
    return merge.merge(opened, source, sample)


def delete_orders(opened: Connection, source: str, order_ids: Iterable[str]) -> int:
    """Take orders out that the source no longer has; returns how many there were."""
    wanted = {"source": source, "ids": list(order_ids)}
    merge.begin(opened)
    found = opened.execute(
        text(
            "INSERT INTO in_orders (order_id, ordered_at, channel, customer_id, country, counted, "
            "taxes_included, position) "
            "SELECT source_id, ordered_at, channel, NULL, country, false, true, id "
            "FROM orders WHERE source = :source AND source_id = ANY(:ids)"
        ),
        wanted,
    ).rowcount
    merge.merge(opened, source)
    opened.execute(
        text("DELETE FROM orders WHERE source = :source AND source_id = ANY(:ids)"), wanted
    )
    return int(found)


def remove_source(opened: Connection, source: str) -> int:
    """Take everything of a source out, however much; returns the number of its orders."""
    rollups.lock(opened)
    name = {"source": source}
    for table in ("order_lines", "refunds"):
        opened.execute(
            text(
                f"DELETE FROM {table} WHERE order_id IN "
                "(SELECT id FROM orders WHERE source = :source)"
            ),
            name,
        )
    orders = opened.execute(text("DELETE FROM orders WHERE source = :source"), name).rowcount
    for table, column in (("customers", "source"), ("sales_sources", "source")):
        opened.execute(text(f"DELETE FROM {table} WHERE {column} = :source"), name)
    opened.execute(
        text(
            "DELETE FROM products p WHERE source = :source AND NOT EXISTS "
            "(SELECT FROM order_lines l WHERE l.product_id = p.id)"
        ),
        name,
    )
    rollups.recompute(opened)
    return int(orders)


_ORDER = ("position", "order_id", "ordered_at", "channel", "customer_id", "country", "status",
          "counted", "taxes_included")  # fmt: skip
_LINE = ("position", "run", "sku", "quantity", "unit_price", "discount", "tax", "shipping",
         "currency", "counted", "unit_cost", "fees", "line_id")  # fmt: skip
_REFUND = ("order_id", "refund_id", "sku", "refunded_at", "amount", "tax", "shipping", "currency",
           "costed", "with_fees", "counted")  # fmt: skip


def _copy(opened: Connection, table: str, names: tuple[str, ...], rows: Iterable[Any]) -> None:
    target = io.StringIO(newline="")
    csv.writer(target).writerows([_NULL if value is None else value for value in row]
                                 for row in rows)  # fmt: skip
    target.seek(0)
    database.copy_from(
        opened, f"COPY {table} ({', '.join(names)}) FROM STDIN (FORMAT csv, NULL '{_NULL}')", target
    )


def _order_row(position: int, order: OrderRecord) -> tuple[Any, ...]:
    return (position, order.order_id, order.ordered_at.isoformat(), order.channel,
            order.customer_id, order.country.upper(), _status(order), _counts(order),
            order.taxes_included)  # fmt: skip


def _line_rows(orders: Iterable[OrderRecord]) -> Iterable[tuple[Any, ...]]:
    position = 0
    for run, order in enumerate(orders):
        for line in order.lines:
            position += 1
            yield (position, run, line.sku or NO_SKU, line.quantity, line.unit_price,
                   line.discount, line.tax, line.shipping, line.currency, _counts(order),
                   line.unit_cost, line.fees, line.line_id)  # fmt: skip


def _refund_rows(orders: Iterable[OrderRecord]) -> Iterable[tuple[Any, ...]]:
    for order in orders:
        costed = {line.sku for line in order.lines if line.unit_cost is not None}
        with_fees = {line.sku for line in order.lines if line.fees is not None}
        for refund in order.refunds:
            yield (order.order_id, refund.refund_id, refund.sku, refund.refunded_at.isoformat(),
                   refund.amount, refund.tax, refund.shipping, refund.currency,
                   _among(refund.sku, costed), _among(refund.sku, with_fees),
                   _counts(order))  # fmt: skip


def _among(sku: str | None, known: set[str]) -> bool:
    """A refund without a product belongs to the whole order."""
    return bool(known) if sku is None else sku in known


def _counts(order: OrderRecord) -> bool:
    return not (order.cancelled or order.test) and bool(order.lines)


def _status(order: OrderRecord) -> str | None:
    if order.test:
        return "test"
    return "cancelled" if order.cancelled else order.status
