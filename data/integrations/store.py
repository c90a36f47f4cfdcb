"""Puts the records of a page into the tables, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from data import company
from data.ingest import finance, products, sales
from data.ingest.dataset import Dataset, remove, upsert
from data.integrations import cash, charges, counts, settle
from data.integrations.costs import Costs
from data.integrations.records import (
    Balance,
    BankMove,
    Charge,
    Document,
    LedgerLine,
    Line,
    Order,
    Page,
    Payment,
    Product,
    Refund,
    Stock,
)

ZERO = Decimal(0)


def store(opened: Connection, source: str, page: Page) -> int:
    """Take a page over; returns how many records it was. Roll-ups follow within."""
    for kind, take in _TAKES:
        some = [each for each in page.records if isinstance(each, kind)]
        if some:
            take(opened, source, some)
    if page.settles:
        settle.rests(opened, source)
    if page.stock_since is not None:
        counts.vanished(opened, source, page.stock_since)
    return len(page.records)


def _orders(opened: Connection, source: str, orders: Sequence[Order]) -> None:
    """Orders with the cost that each product had on the order's day, and the known charges."""
    costs = Costs(opened, orders)
    known = charges.known(opened, source, (each.id for each in orders))
    made = (charges.charged(_order(each, costs), known.get(each.id, ())) for each in orders)
    sales.upsert_orders(opened, source, made)


def _order(order: Order, costs: Costs) -> sales.OrderRecord:
    """The order's shipping, and tax that no line names, stand on its first line."""
    named = sum((line.tax for line in order.lines if line.tax), ZERO)
    rest = max((order.tax or ZERO) - named, ZERO)
    shipping = order.shipping or ZERO
    lines = [
        _line(each, order, costs, ZERO if number else shipping, ZERO if number else rest)
        for number, each in enumerate(order.lines)
    ]
    if order.fees is not None and lines:
        parts = zip(lines, charges.spread(order.fees, lines), strict=True)
        lines = [replace(line, fees=part) for line, part in parts]
    return sales.OrderRecord(
        order_id=order.id,
        ordered_at=order.ordered_at,
        channel=order.channel,
        lines=tuple(lines),
        refunds=tuple(_refund(each, order.currency) for each in order.refunds),
        customer_id=order.customer,
        country=order.country or "",
        status="shipped" if order.shipped else None,
        cancelled=order.cancelled,
        test=order.test,
        taxes_included=False,
    )


def _line(
    line: Line, order: Order, costs: Costs, shipping: Decimal, tax: Decimal
) -> sales.LineRecord:
    goods = line.goods or ZERO
    return sales.LineRecord(
        line_id=line.id,
        sku=line.sku,
        quantity=line.quantity,
        unit_price=goods / line.quantity if line.quantity else goods,
        currency=order.currency,
        discount=line.discount or ZERO,
        tax=(line.tax or ZERO) + tax,
        shipping=shipping,
        unit_cost=costs.of(line.sku, order),
    )


def _refund(refund: Refund, currency: str) -> sales.RefundRecord:
    return sales.RefundRecord(
        refund_id=refund.id,
        refunded_at=refund.at,
        amount=refund.goods,
        currency=currency,
        tax=refund.tax,
        shipping=refund.shipping,
    )


def _products(opened: Connection, source: str, given: Sequence[Product]) -> None:
    rows = (
        {
            "sku": each.sku,
            "title": each.title,
            "cost": each.unit_cost,
            "price": each.price,
            "currency": each.currency,
        }
        for each in given
    )
    upsert(opened, products.PRODUCTS, source, rows)


def _documents(opened: Connection, source: str, given: Sequence[Document]) -> None:
    upsert(opened, finance.INVOICES, source, map(_document, given))
    settle.remember(opened, source, given)
    settled = [
        {
            "payment_id": part.id,
            "source_id": part.id,
            "invoice_id": part.invoice,
            "paid_on": part.on,
            "amount": part.amount,
            "credit_id": each.id,
        }
        for each in given
        for part in each.allocations
        if not each.void
    ]
    _replace(
        opened,
        source,
        finance.PAYMENTS,
        settled,
        held="SELECT source_id FROM invoice_payments "
        "WHERE source = :source AND credit_id = ANY(:owner)",
        owners=[each.id for each in given if each.kind.endswith("credit")],
    )


def _document(each: Document) -> dict[str, Any]:
    direction, kind = each.kind.split(" ")
    due = each.due if each.due is None or each.due >= each.issued else None
    return {
        "invoice_id": each.id,
        "direction": direction,
        "kind": "credit_note" if kind == "credit" else "invoice",
        "number": each.number or None,
        "contact": each.contact or None,
        "issued_on": each.issued,
        "due_on": due,
        "total": abs(each.total),
        "currency": each.currency,
        "rate": each.company_rate(company.currency()),
        "status": "void" if each.void else "open",
    }


def _payments(opened: Connection, source: str, given: Sequence[Payment]) -> None:
    rows = [
        {
            "payment_id": each.id,
            "invoice_id": each.document,
            "paid_on": each.paid_on,
            "amount": each.amount,
        }
        for each in given
        if not each.void and each.document
    ]
    if rows:
        upsert(opened, finance.PAYMENTS, source, rows)
    gone = [each.id for each in given if each.void]
    if gone:
        remove(opened, finance.PAYMENTS, source, gone)
    moves = [each.bank for each in given if each.bank is not None]
    if moves:
        cash.take(opened, source, moves)


def _balances(opened: Connection, source: str, given: Sequence[Balance]) -> None:
    rows = (
        {
            "account": each.name or each.account,
            "day": each.on,
            "balance": each.amount,
            "currency": each.currency,
        }
        for each in given
    )
    upsert(opened, finance.BANK, source, rows)
    cash.fill(opened, source)


def _ledger(opened: Connection, source: str, given: Sequence[LedgerLine]) -> None:
    """Each month and statement given is replaced whole: accounts may leave it."""
    for statement, month in sorted({(each.statement, each.month) for each in given}):
        lines = [e for e in given if (e.statement, e.month) == (statement, month)]
        _replace(
            opened,
            source,
            finance.LEDGER,
            _by_account(lines),
            held="SELECT source_id FROM ledger_lines WHERE source = :source "
            "AND statement || month::text = ANY(:owner)",
            owners=[f"{statement}{month}"],
        )


def _by_account(lines: Iterable[LedgerLine]) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for each in lines:
        key = f"{each.statement}|{each.month:%Y-%m}|{each.category}|{each.account}"
        row = rows.setdefault(
            key,
            {
                "source_id": key,
                "statement": each.statement,
                "month": each.month,
                "category": each.category,
                "account": each.title or each.account,
                "amount": ZERO,
                "currency": each.currency,
            },
        )
        row["amount"] += each.amount
    return list(rows.values())


def _replace(
    opened: Connection,
    source: str,
    dataset: Dataset,
    rows: list[dict[str, Any]],
    *,
    held: str,
    owners: list[str],
) -> None:
    """Upsert `rows`, and remove what the owners had that is not among them."""
    names = {"source": source, "owner": owners}
    before = set(opened.execute(text(held), names).scalars()) if owners else set()
    if rows:
        upsert(opened, dataset, source, rows)
    gone = before - {row["source_id"] for row in rows}
    if gone:
        remove(opened, dataset, source, sorted(gone))


_TAKES: tuple[tuple[type, Callable[[Connection, str, Any], None]], ...] = (
    (Product, _products),
    (Stock, counts.take),
    (Order, _orders),
    (Charge, charges.take),
    (Document, _documents),
    (Payment, _payments),
    (BankMove, cash.take),
    (Balance, _balances),
    (LedgerLine, _ledger),
)
