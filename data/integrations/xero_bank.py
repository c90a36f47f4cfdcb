"""Xero's money in and out of bank accounts: bank transactions, and payments by their account."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from data.integrations import xero_parse as parse
from data.integrations.fields import Fields
from data.integrations.records import Account, BankMove, Fault

ONE = Decimal(1)
# Payments that bring money in; every other kind takes it out.
_INTO = frozenset(
    {
        "ACCRECPAYMENT",
        "APCREDITPAYMENT",
        "APOVERPAYMENTPAYMENT",
        "APPREPAYMENTPAYMENT",
    }
)


def transaction(raw: Any, notes: list[Fault], base: str) -> BankMove:
    """Money spent or received, transfers among them. Raises Malformed."""
    named = raw.get("BankTransactionID") if isinstance(raw, Mapping) else None
    at = Fields(raw, f"bank transaction {named or 'without a number'}", notes)
    kind = at.text("Type")
    if not kind.startswith(("RECEIVE", "SPEND")):
        raise at.wrong("Type", f"is {kind}, which this version does not know")
    account, contact = at.part("BankAccount"), at.part_or_none("Contact")
    total = at.number("Total")
    return BankMove(
        id=at.text("BankTransactionID"),
        account=account.text("Name", "") or account.text("AccountID"),
        on=parse.calendar(at, "Date"),
        kind=kind.lower(),
        amount=total if kind.startswith("RECEIVE") else -total,
        currency=at.text("CurrencyCode", base),
        rate=at.number("CurrencyRate", ONE) or ONE,
        contact="" if contact is None else contact.text("Name", ""),
        void=at.text("Status", "AUTHORISED") in parse.GONE,
        updated_at=parse.changed_at(at),
    )


def through(raw: Any) -> str:
    """Id of the account that a payment went through, empty where it names none."""
    held = raw.get("Account") if isinstance(raw, Mapping) else None
    return str(held.get("AccountID") or "") if isinstance(held, Mapping) else ""


def paid(raw: Any, notes: list[Fault], base: str, account: Account | None) -> BankMove | None:
    """The bank's side of a payment; None where it went through no bank account."""
    if account is None or account.type != "BANK":
        return None
    at = Fields(raw, "payment", notes)
    kind = at.text("PaymentType", "")
    amount = at.number_or_none("BankAmount")
    if amount is None:
        amount = at.number("Amount")
    return BankMove(
        id=at.text("PaymentID"),
        account=account.name,
        on=parse.calendar(at, "Date"),
        kind="payment",
        amount=amount if kind in _INTO else -amount,
        currency=account.currency or base,
        rate=ONE,
        contact="",
        void=at.text("Status", "AUTHORISED") == "DELETED",
        updated_at=parse.changed_at(at),
    )
