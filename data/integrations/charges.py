"""What a marketplace charged and gave back, put on the lines and refunds of its orders.

Kept by transaction, as orders and money arrive apart: an order takes over what is known when it
is stored, and a stored order is written anew when more becomes known. Fees that belong to no
product of the order, and those of a product on several lines, are spread over lines by value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from data.ingest import sales
from data.ingest.sales import LineRecord, OrderRecord, RefundRecord
from data.integrations.records import Charge

ZERO, EXACT = Decimal(0), Decimal("0.0001")

_STORE = """
INSERT INTO order_charges (source, transaction_id, item, order_id, kind, posted_at, sku, fees,
    goods, tax, shipping, currency, releases)
VALUES (:source, :transaction, :item, :order, :kind, :at, :sku, :fees, :goods, :tax, :shipping,
    :currency, :releases)
ON CONFLICT (source, transaction_id, item) DO UPDATE SET order_id = excluded.order_id,
    kind = excluded.kind, posted_at = excluded.posted_at, sku = excluded.sku,
    fees = excluded.fees, goods = excluded.goods, tax = excluded.tax,
    shipping = excluded.shipping, currency = excluded.currency, releases = excluded.releases,
    last_seen = now()
"""
# A release moves the money of a deferred transaction; where both are known it is counted once.
_KNOWN = """
SELECT c.* FROM order_charges c WHERE c.source = :source AND c.order_id = ANY(:ids)
AND NOT EXISTS (SELECT FROM order_charges d
                WHERE d.source = c.source AND d.transaction_id = c.releases)
ORDER BY c.posted_at, c.transaction_id, c.item
"""
_ORDERS = """
SELECT o.id, o.source_id, o.ordered_at, o.channel, c.source_id AS customer, o.country, o.status,
    o.taxes_included
FROM orders o LEFT JOIN customers c ON c.id = o.customer_id
WHERE o.source = :source AND o.source_id = ANY(:ids)
"""
_LINES = """
SELECT l.*, p.sku FROM order_lines l JOIN products p ON p.id = l.product_id
WHERE l.order_id = ANY(:ids) ORDER BY l.order_id, l.line
"""

Known = Mapping[str, Sequence[RowMapping]]


def known(opened: Connection, source: str, orders: Iterable[str]) -> Known:
    """Charges of some orders by order."""
    found: dict[str, list[RowMapping]] = defaultdict(list)
    names = {"source": source, "ids": list(orders)}
    for row in opened.execute(text(_KNOWN), names).mappings():
        found[row["order_id"]].append(row)
    return found


def take(opened: Connection, source: str, given: Sequence[Charge]) -> None:
    """Store charges, and bring the orders that are stored already up to date."""
    opened.execute(text(_STORE), [_row(source, each) for each in given])
    touched = sorted({each.order for each in given})
    charges = known(opened, source, touched)
    stored = _stored(opened, source, touched)
    sales.upsert_orders(
        opened, source, (charged(each, charges.get(each.order_id, ())) for each in stored)
    )


def charged(order: OrderRecord, rows: Sequence[RowMapping]) -> OrderRecord:
    """The order with its fees and refunds; as it is where nothing is known."""
    own = {line.currency for line in order.lines}
    rows = [row for row in rows if row["currency"] in own]
    if not rows:
        return order
    refunds = tuple(_refund(row) for row in rows if row["kind"] == "refund" and _gives(row))
    return replace(order, lines=_with_fees(order.lines, rows), refunds=order.refunds + refunds)


def spread(total: Decimal, lines: Sequence[LineRecord]) -> list[Decimal]:
    """`total` in parts by the lines' value; the last one takes what rounding leaves."""
    values = [abs(each.quantity * each.unit_price) for each in lines]
    whole = sum(values, ZERO)
    parts = [
        ((total * value / whole) if whole else total / len(lines)).quantize(EXACT)
        for value in values
    ]
    parts[-1] += total - sum(parts, ZERO)
    return parts


def _with_fees(lines: Sequence[LineRecord], rows: Sequence[RowMapping]) -> tuple[LineRecord, ...]:
    """Lines with what was kept of them; where only a refund is known, fees stay unknown."""
    skus = {line.sku for line in lines}
    fees: dict[str, Decimal] = defaultdict(Decimal)
    sold: set[str] = set()
    for row in rows:
        sku = row["sku"] if row["sku"] in skus else ""
        if row["fees"] is not None:
            fees[sku] += row["fees"]
            sold |= {sku} if row["kind"] == "sale" else set()
    made = list(lines)
    for sku in sorted(fees, reverse=True):  # what belongs to no product comes last
        if sold & ({sku, ""} if sku else sold):
            _add(made, sku, fees[sku])
    return tuple(made)


def _add(lines: list[LineRecord], sku: str, total: Decimal) -> None:
    """Spread over the product's lines; without one over those whose fees are known, else all."""
    if sku:
        chosen = [at for at, line in enumerate(lines) if line.sku == sku]
    else:
        told = [at for at, line in enumerate(lines) if line.fees is not None]
        chosen = told or list(range(len(lines)))
    parts = spread(total, [lines[at] for at in chosen])
    for at, part in zip(chosen, parts, strict=True):
        lines[at] = replace(lines[at], fees=(lines[at].fees or ZERO) + part)


def _refund(row: RowMapping) -> RefundRecord:
    return RefundRecord(
        refund_id=f"{row['transaction_id']}|{row['item']}",
        refunded_at=row["posted_at"],
        amount=row["goods"],
        currency=row["currency"],
        tax=row["tax"],
        shipping=row["shipping"],
        sku=row["sku"],
    )


def _gives(row: RowMapping) -> bool:
    return any(row[name] for name in ("goods", "tax", "shipping"))


def _stored(opened: Connection, source: str, ids: Sequence[str]) -> list[OrderRecord]:
    """Orders as they stand, without the fees and refunds that charges put on them."""
    rows = opened.execute(text(_ORDERS), {"source": source, "ids": list(ids)}).mappings().all()
    lines: dict[int, list[LineRecord]] = defaultdict(list)
    for row in opened.execute(text(_LINES), {"ids": [row["id"] for row in rows]}).mappings():
        lines[row["order_id"]].append(_line(row))
    return [_order(row, lines[row["id"]]) for row in rows]


def _order(row: RowMapping, lines: list[LineRecord]) -> OrderRecord:
    status = row["status"]
    return OrderRecord(
        order_id=row["source_id"],
        ordered_at=row["ordered_at"],
        channel=row["channel"],
        lines=tuple(lines),
        customer_id=row["customer"],
        country=row["country"],
        status=status,
        cancelled=status == "cancelled",
        test=status == "test",
        taxes_included=row["taxes_included"],
    )


def _line(row: RowMapping) -> LineRecord:
    return LineRecord(
        line_id=row["source_id"],
        sku=row["sku"],
        quantity=row["quantity"],
        unit_price=row["unit_price"],
        currency=row["currency"],
        discount=row["discount"],
        tax=row["tax"],
        shipping=row["shipping"],
        unit_cost=row["unit_cost"],
    )


def _row(source: str, each: Charge) -> dict[str, Any]:
    return {
        "source": source,
        "transaction": each.transaction,
        "item": each.item,
        "order": each.order,
        "kind": "refund" if each.refund else "sale",
        "at": each.at,
        "sku": each.sku or None,
        "fees": each.fees,
        "goods": each.goods,
        "tax": each.tax,
        "shipping": each.shipping,
        "currency": each.currency,
        "releases": each.releases,
    }
