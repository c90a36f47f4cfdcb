"""Turns Amazon's financial transactions into charges: fees kept, money given back, by order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from data.integrations.fields import Fields
from data.integrations.records import Charge, Fault

ZERO = Decimal(0)
_WHOLE = "not broken down"
_SALE = ("shipment",)
_GIVEN_BACK = ("refund", "guarantee", "chargeback")
# Part of a name → what the amount is; the first that fits. Amazon adds names without notice.
_KINDS = (
    ("fee", "fees"),
    ("commission", "fees"),
    ("expenses", "fees"),
    ("chargeback", "fees"),
    ("tax", "tax"),
    ("shipping", "shipping"),
    ("giftwrap", "shipping"),
    ("productcharges", "goods"),
    ("princip", "goods"),
    ("promotion", "goods"),
    ("rebate", "goods"),
    ("discount", "goods"),
    ("sales", "goods"),
    ("refund", "goods"),
)


def charges(raw: Any, notes: list[Fault]) -> tuple[Charge, ...]:
    """The charges of one transaction, none when it belongs to no order. Raises Malformed."""
    named = raw.get("transactionId") if isinstance(raw, dict) else None
    at = Fields(raw, f"transaction {named or 'without a number'}", notes)
    order, kind = _related(at, "ORDER_ID"), _plain(at.text("transactionType", ""))
    refund = any(part in kind for part in _GIVEN_BACK)
    if not order or not (refund or any(part in kind for part in _SALE)):
        return ()
    bare = Charge(
        transaction=at.text("transactionId", "") or f"{order}|{kind}|{at.text('postedDate')}",
        item=0,
        order=order,
        refund=refund,
        at=at.instant("postedDate"),
        sku="",
        fees=None,
        goods=ZERO,
        tax=ZERO,
        shipping=ZERO,
        currency=_currency(at),
        releases=_related(at, "DEFERRED_TRANSACTION_ID") or None,
    )
    return tuple(_with(bare, number, *part) for number, part in enumerate(_parts(at)))


def _parts(at: Fields) -> list[tuple[str, Counter[str]]]:
    """SKU and amounts by kind of each item; of the whole where items tell no amounts."""
    items = at.parts("items", required=False)
    if any(each.raw.get("breakdowns") for each in items):
        return [(_sku(each), _amounts(each)) for each in items]
    return [(_sku(items[0]) if len(items) == 1 else "", _amounts(at))]


def _with(bare: Charge, number: int, sku: str, found: Counter[str]) -> Charge:
    back = -1 if bare.refund else 0
    return replace(
        bare,
        item=number,
        sku=sku,
        fees=None if found[_WHOLE] else -Decimal(found["fees"]),
        goods=back * Decimal(found["goods"]),
        tax=back * Decimal(found["tax"]),
        shipping=back * Decimal(found["shipping"]),
    )


def _amounts(at: Fields) -> Counter[str]:
    """Amount by kind of everything that a transaction or an item is made of."""
    found: Counter[str] = Counter()
    for part in _breakdowns(at):
        found.update(_sorted(part, ""))
    if not found and (total := at.part_or_none("totalAmount")) is not None:
        at.notes.append(Fault(at.what, "breakdowns", f"breakdowns of {at.what} are missing"))
        found["goods"] += _amount(total)  # type: ignore[assignment]
        found[_WHOLE] += 1
    return found


def _sorted(at: Fields, above: str) -> Counter[str]:
    """What one amount is made of; what its parts do not explain is of its own kind."""
    kind = _kind(at.text("breakdownType", "")) or above
    total = at.part_or_none("breakdownAmount")
    amount = ZERO if total is None else _amount(total)
    found: Counter[str] = Counter()
    if kind not in ("fees", "tax"):
        for part in _breakdowns(at):
            found.update(_sorted(part, kind))
    rest = amount - sum(found.values(), ZERO)
    if rest:
        found[kind or "goods"] += rest  # type: ignore[assignment]
    return found


def _breakdowns(at: Fields) -> Iterator[Fields]:
    """A list; in the model's own example an object that holds the list."""
    held = at.raw.get("breakdowns")
    if isinstance(held, dict):
        yield from Fields(held, at.what, at.notes).parts("breakdowns", required=False)
    else:
        yield from at.parts("breakdowns", required=False)


def _kind(name: str) -> str:
    plain = _plain(name)
    return next((kind for part, kind in _KINDS if part in plain), "")


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalpha())


def _amount(at: Fields) -> Decimal:
    return at.number("currencyAmount", ZERO)


def _currency(at: Fields) -> str:
    total = at.part_or_none("totalAmount")
    if total is not None and total.text("currencyCode", ""):
        return total.text("currencyCode")
    first = next(_breakdowns(at), None)
    return (at if first is None else first.part("breakdownAmount")).text("currencyCode")


def _related(at: Fields, name: str) -> str:
    for each in at.parts("relatedIdentifiers", required=False):
        if each.text("relatedIdentifierName", "") == name:
            return each.text("relatedIdentifierValue", "")
    return ""


def _sku(at: Fields) -> str:
    for each in at.parts("contexts", required=False):
        if each.text("sku", ""):
            return each.text("sku")
    return ""
