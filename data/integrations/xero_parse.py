"""Turns Xero's objects into records: its two date forms, its reports, its document kinds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from data.integrations.fields import Fields, day
from data.integrations.records import Account, Allocation, Document, Fault, Payment, Product, Stock

ZERO, ONE = Decimal(0), Decimal(1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")

STATUSES = frozenset({"DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED"})
GONE = frozenset({"VOIDED", "DELETED", "DRAFT", "SUBMITTED"})
KINDS = {
    "ACCREC": "receivable invoice",
    "ACCPAY": "payable invoice",
    "ACCRECCREDIT": "receivable credit",
    "ACCPAYCREDIT": "payable credit",
    "RECEIVE-OVERPAYMENT": "receivable credit",
    "RECEIVE-PREPAYMENT": "receivable credit",
    "SPEND-OVERPAYMENT": "payable credit",
    "SPEND-PREPAYMENT": "payable credit",
    "AROVERPAYMENT": "receivable credit",
    "ARPREPAYMENT": "receivable credit",
    "APOVERPAYMENT": "payable credit",
    "APPREPAYMENT": "payable credit",
}


@dataclass(frozen=True)
class Shape:
    """Where a kind of document keeps its id, number and open amount."""

    list_name: str
    id: str
    number: str
    open: str


INVOICES = Shape("Invoices", "InvoiceID", "InvoiceNumber", "AmountDue")
CREDIT_NOTES = Shape("CreditNotes", "CreditNoteID", "CreditNoteNumber", "RemainingCredit")
OVERPAYMENTS = Shape("Overpayments", "OverpaymentID", "", "RemainingCredit")
PREPAYMENTS = Shape("Prepayments", "PrepaymentID", "", "RemainingCredit")


def document(raw: Any, notes: list[Fault], shape: Shape, base: str) -> Document:
    """An invoice, bill, credit note, overpayment or prepayment. Raises Malformed."""
    at = Fields(raw, f"document {_first(raw, shape.number, shape.id)}", notes)
    kind = at.text("Type")
    if kind not in KINDS:
        raise at.wrong("Type", f"is {kind}, which this version does not know")
    status = at.choice("Status", STATUSES, "AUTHORISED")
    contact = at.part_or_none("Contact")
    currency = at.text("CurrencyCode", base)
    gone = status in GONE
    changed = instant(at, "UpdatedDateUTC") if at.raw.get("UpdatedDateUTC") else None
    issued = calendar_or_none(at, "Date") if gone else calendar(at, "Date")
    issued = issued or (changed or _EPOCH).date()
    return Document(
        id=at.text(shape.id),
        kind=KINDS[kind],
        number=at.text(shape.number, "") if shape.number else "",
        status=status,
        contact="" if contact is None else contact.text("Name", ""),
        issued=issued,
        due=calendar_or_none(at, "DueDate"),
        currency=currency,
        rate=ONE if gone and not at.raw.get("CurrencyRate") else _rate(at, currency, base),
        total=at.number("Total", ZERO if gone else None),
        tax=at.number("TotalTax", ZERO),
        open=ZERO if gone else at.number_or_none(shape.open),
        updated_at=changed or datetime(issued.year, issued.month, issued.day, tzinfo=UTC),
        void=gone,
        allocations=tuple(
            _allocation(each, number) for number, each in enumerate(at.parts("Allocations", False))
        ),
        base=base,
    )


def _allocation(at: Fields, number: int) -> Allocation:
    invoice = at.part("Invoice").text("InvoiceID")
    return Allocation(
        id=at.text("AllocationID", f"{invoice}-{number}"),
        invoice=invoice,
        on=calendar(at, "Date"),
        amount=at.number("Amount"),
    )


def payment(raw: Any, notes: list[Fault], base: str) -> Payment:
    """A payment of an invoice or credit note. Raises Malformed."""
    at = Fields(raw, f"payment {_first(raw, 'PaymentID')}", notes)
    owner, name = None, ""
    for kind in ("Invoice", "CreditNote", "Overpayment", "Prepayment"):
        if owner is None:
            owner, name = at.part_or_none(kind), f"{kind}ID"
    currency = base if owner is None else owner.text("CurrencyCode", base)
    return Payment(
        id=at.text("PaymentID"),
        document="" if owner is None else owner.text(name, ""),
        paid_on=calendar(at, "Date"),
        amount=at.number("Amount"),
        currency=currency,
        rate=_rate(at, currency, base) if at.raw.get("CurrencyRate") else ONE,
        void=at.text("Status", "AUTHORISED") == "DELETED",
        updated_at=changed_at(at),
        kind=at.text("PaymentType", ""),
    )


def account(raw: Any, notes: list[Fault]) -> Account:
    """A ledger account. Raises Malformed."""
    at = Fields(raw, f"account {_first(raw, 'Code', 'Name', 'AccountID')}", notes)
    return Account(
        id=at.text("AccountID"),
        code=at.text("Code", ""),
        name=at.text("Name"),
        type=at.text("Type", ""),
        system=at.text("SystemAccount", ""),
        currency=at.text("CurrencyCode", "") or None,
        active=at.text("Status", "ACTIVE") == "ACTIVE",
    )


def item(raw: Any, notes: list[Fault], base: str, seen: datetime) -> list[Product | Stock]:
    """An item with its mean cost, and its stock when Xero tracks it. Raises Malformed."""
    at = Fields(raw, f"item {_first(raw, 'Code', 'ItemID')}", notes)
    code, tracked = at.text("Code"), at.flag("IsTrackedAsInventory")
    bought = at.part_or_none("PurchaseDetails")
    sold = at.part_or_none("SalesDetails")
    cost = None if bought is None else bought.number_or_none("UnitPrice")
    made: list[Product | Stock] = []
    on_hand = at.number_or_none("QuantityOnHand") if tracked else None
    if on_hand is not None:
        pool = at.number_or_none("TotalCostPool")
        cost = pool / on_hand if pool is not None and on_hand > 0 else cost
        made.append(Stock(code, "Xero", on_hand, None, None, None, seen))
    price = None if sold is None else sold.number_or_none("UnitPrice")
    product = Product(at.text("ItemID"), code, at.text("Name", code), cost, base, price, tracked)
    return [product, *made]


@dataclass(frozen=True)
class Row:
    """One line of a report: its section, its account when it has one, newest amount first."""

    section: str
    title: str
    account: str | None
    amounts: tuple[Decimal | None, ...]
    total: bool = False


def report_rows(document: Any) -> Iterator[Row]:
    """Every line of a report, found by section and account, whatever its position."""
    reports = document.get("Reports") if isinstance(document, Mapping) else None
    if not reports:
        raise Fields({}, "the report").wrong("Reports", "is missing")
    yield from _rows(reports[0].get("Rows") or [], "")


def columns(document: Any) -> list[str]:
    """Headings of a report's columns after the first."""
    reports = document.get("Reports") if isinstance(document, Mapping) else None
    for row in (reports or [{}])[0].get("Rows") or []:
        if row.get("RowType") == "Header":
            return [str(cell.get("Value") or "") for cell in row.get("Cells") or []][1:]
    return []


def _rows(rows: list[Any], section: str) -> Iterator[Row]:
    for row in rows:
        kind = row.get("RowType")
        if kind == "Section":
            yield from _rows(row.get("Rows") or [], row.get("Title") or section)
        elif kind in ("Row", "SummaryRow") and row.get("Cells"):
            cells = row["Cells"]
            yield Row(
                section,
                str(cells[0].get("Value") or ""),
                _account_of(cells),
                tuple(_cell(each) for each in cells[1:]),
                kind == "SummaryRow",
            )


def _account_of(cells: list[Any]) -> str | None:
    for cell in cells:
        for attribute in cell.get("Attributes") or []:
            if attribute.get("Id") in ("account", "accountID"):
                return str(attribute.get("Value"))
    return None


def _cell(cell: Mapping[str, Any]) -> Decimal | None:
    text = str(cell.get("Value") or "").replace(",", "").strip()
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def instant(at: Fields, name: str) -> datetime:
    """`/Date(1518685950940+0000)/` or ISO; the number is UTC whatever offset follows."""
    text = at.text(name)
    if found := _MS_DATE.fullmatch(text):
        return _since_epoch(at, name, found[1])
    return at.instant(name)


def _since_epoch(at: Fields, name: str, milliseconds: str) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=int(milliseconds))
    except (OverflowError, ValueError):
        raise at.wrong(name, f"is not a date: {milliseconds[:40]}") from None


def changed_at(at: Fields) -> datetime:
    """When it was changed last; its own date where Xero leaves that out, which is never later."""
    if at.raw.get("UpdatedDateUTC"):
        return instant(at, "UpdatedDateUTC")
    on = calendar(at, "Date")
    return datetime(on.year, on.month, on.day, tzinfo=UTC)


def calendar(at: Fields, name: str) -> date:
    """A calendar date: never shifted into a time zone. `…String` is the plainer twin."""
    found = calendar_or_none(at, name)
    if found is None:
        raise at.wrong(name, "is missing")
    return found


def calendar_or_none(at: Fields, name: str) -> date | None:
    """As `calendar`, None when it is missing."""
    text = at.text(f"{name}String", "") or at.text(name, "")
    if not text:
        return None
    if found := _MS_DATE.fullmatch(text):
        return _since_epoch(at, name, found[1]).date()
    try:
        return day(text)
    except ValueError:
        raise at.wrong(name, f"is not a date: {text[:40]}") from None


def _rate(at: Fields, currency: str, base: str) -> Decimal:
    """Units of `currency` for one of the base currency; base amount = amount / rate."""
    if currency == base:
        return ONE
    rate = at.number("CurrencyRate")
    if rate <= 0:
        raise at.wrong("CurrencyRate", "is not above zero")
    return rate


def _first(raw: Any, *names: str) -> str:
    found = [raw.get(name) for name in names if name] if isinstance(raw, Mapping) else []
    return str(next((each for each in found if each), "without a number"))
