"""Turns Shopify's objects into records: amounts in shop currency, without tax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from data.integrations.fields import Fields
from data.integrations.records import Fault, Line, Order, Product, Refund, Stock

ZERO = Decimal(0)
CENT = Decimal("0.01")
PAID = frozenset(
    {
        "AUTHORIZED",
        "EXPIRED",
        "PAID",
        "PARTIALLY_PAID",
        "PARTIALLY_REFUNDED",
        "PENDING",
        "REFUNDED",
        "VOIDED",
    }
)

_TAKEN = frozenset({"SALE", "CAPTURE"})


def order(raw: Any, notes: list[Fault], channel: str) -> Order:
    """One order. Raises Malformed."""
    at = Fields(raw, f"order {_name(raw)}", notes)
    at.choice("displayFinancialStatus", PAID, "PENDING")
    included = at.flag("taxesIncluded")
    tax = money(at, "totalTaxSet", ZERO)
    shipping, shipping_tax = _shipping(at, included)
    lines = _lines(at, included, tax - shipping_tax)
    customer = at.part_or_none("customer")
    address = at.part_or_none("shippingAddress")
    return Order(
        id=number(at.text("id")),
        channel=channel,
        ordered_at=at.instant_or_none("processedAt") or at.instant("createdAt"),
        updated_at=at.instant("updatedAt"),
        currency=_currency(at),
        cancelled=at.raw.get("cancelledAt") is not None,
        test=at.flag("test"),
        shipping=shipping,
        tax=tax,
        lines=lines,
        refunds=tuple(refund(each, included) for each in at.parts("refunds", required=False)),
        customer=None if customer is None else number(customer.text("id")),
        country=None if address is None else address.text("countryCodeV2", "") or None,
        shipped=at.text("displayFulfillmentStatus", "") == "FULFILLED",
        fees=_fees(at),
    )


def refund(at: Fields, included: bool) -> Refund:
    """A refund on its own day. What it gave back beyond lines and shipping counts as goods."""
    lines = _nodes(at, "refundLineItems")
    shipping = _nodes(at, "refundShippingLines")
    goods, tax = _sum(lines, "subtotalSet"), _sum(lines, "totalTaxSet")
    carriage, carriage_tax = _sum(shipping, "subtotalAmountSet"), _sum(shipping, "taxAmountSet")
    paid = money(at, "totalRefundedSet", ZERO)
    if included and tax and abs(paid - goods - carriage) < abs(paid - goods - carriage - tax):
        goods -= tax
    rest = paid - goods - tax - carriage - carriage_tax
    return Refund(
        id=number(at.text("id")),
        at=at.instant_or_none("createdAt") or at.instant("updatedAt"),
        goods=goods + (rest if rest > CENT else ZERO),
        shipping=carriage,
        tax=tax + carriage_tax,
        units=sum((each.number("quantity", ZERO) for each in lines), ZERO),
    )


def variant(raw: Any, notes: list[Fault], seen: datetime) -> Variant:
    """A variant with its stock by location. Raises Malformed."""
    at = Fields(raw, f"product {_name(raw)}", notes)
    item = at.part("inventoryItem")
    cost = item.part_or_none("unitCost")
    sku = at.text("sku", "") or f"shopify-{number(at.text('id'))}"
    made = Product(
        id=number(at.text("id")),
        sku=sku,
        title=at.text("displayName", sku),
        unit_cost=None if cost is None else cost.number("amount"),
        currency=None if cost is None else cost.text("currencyCode"),
        price=at.number_or_none("price"),
        tracked=item.flag("tracked"),
    )
    levels = _nodes(item, "inventoryLevels") if made.tracked else []
    return made, tuple(_stock(each, sku, seen) for each in levels)


Variant = tuple[Product, tuple[Stock, ...]]


def money(at: Fields, name: str, default: Decimal | None = None) -> Decimal:
    """Amount of a MoneyBag in the shop's currency."""
    bag = at.part_or_none(name)
    if bag is None:
        if default is None:
            raise at.wrong(name, "is missing")
        return default
    return bag.part("shopMoney").number("amount")


def number(gid: str) -> str:
    """`1001` of `gid://shopify/Order/1001`."""
    return gid.rsplit("/", 1)[-1].partition("?")[0]


def _fees(at: Fields) -> Decimal | None:
    """What the payments cost; None unless each payment tells it. A gift card costs nothing."""
    told: list[Decimal] = []
    for each in at.parts("transactions", required=False):
        if each.text("kind", "") not in _TAKEN or each.text("status", "") != "SUCCESS":
            continue
        if each.text("gateway", "") == "gift_card":
            continue
        fees = each.parts("fees", required=False)
        if not fees or any(_foreign(fee, _currency(at)) for fee in fees):
            return None
        told += [_plain(fee, "amount") + _plain(fee, "taxAmount") for fee in fees]
    return sum(told, ZERO) if told else None


def _foreign(fee: Fields, currency: str) -> bool:
    return fee.part("amount").text("currencyCode", currency) != currency


def _plain(fee: Fields, name: str) -> Decimal:
    held = fee.part_or_none(name)
    return ZERO if held is None else held.number("amount", ZERO)


def _lines(at: Fields, included: bool, goods_tax: Decimal) -> tuple[Line, ...]:
    """The lines; tax that no line names falls on the first, so that it never counts as revenue."""
    lines = [_line(each, included) for each in _nodes(at, "lineItems")]
    unnamed = goods_tax - sum((each.tax or ZERO for each in lines), ZERO)
    if lines and unnamed > CENT:
        first = lines[0]
        goods = (first.goods or ZERO) - (unnamed if included else ZERO)
        lines[0] = replace(first, goods=goods, tax=(first.tax or ZERO) + unnamed)
    return tuple(lines)


def _line(at: Fields, included: bool) -> Line:
    quantity = at.number("quantity")
    original = money(at, "originalTotalSet")
    discount = _sum(at.parts("discountAllocations", required=False), "allocatedAmountSet")
    tax = _sum(at.parts("taxLines", required=False), "priceSet")
    return Line(
        id=number(at.text("id")),
        sku=at.text("sku", ""),
        quantity=quantity,
        goods=original - tax if included else original,
        discount=discount,
        tax=tax,
        title=at.text("title", ""),
    )


def _shipping(at: Fields, included: bool) -> tuple[Decimal, Decimal]:
    """What was charged for shipping without tax, and its tax."""
    line = at.part_or_none("shippingLine")
    if line is None:
        return money(at, "totalShippingPriceSet", ZERO), ZERO
    charged = money(line, "discountedPriceSet", ZERO)
    tax = _sum(line.parts("taxLines", required=False), "priceSet")
    return (charged - tax if included else charged), tax


def _stock(at: Fields, sku: str, seen: datetime) -> Stock:
    place = at.part("location")
    held = {q.text("name"): q.number("quantity") for q in at.parts("quantities")}
    if "on_hand" not in held:
        raise at.wrong("quantities", "has no on_hand")
    return Stock(
        sku=sku,
        location=place.text("name", "") or number(place.text("id")),
        on_hand=held["on_hand"],
        available=held.get("available"),
        committed=held.get("committed"),
        incoming=held.get("incoming"),
        at=seen,
    )


def _currency(at: Fields) -> str:
    """The shop's currency: the one that every amount is read in, not the customer's."""
    total = at.part_or_none("totalPriceSet")
    if total is None:
        return at.text("currencyCode")
    return total.part("shopMoney").text("currencyCode")


def _nodes(at: Fields, name: str) -> Sequence[Fields]:
    """The objects of a connection, whether asked for as nodes or as edges."""
    held = at.part_or_none(name)
    if held is None:
        return []
    if "nodes" in held.raw:
        return held.parts("nodes")
    return [each.part("node") for each in held.parts("edges")]


def _sum(parts: Sequence[Fields], name: str) -> Decimal:
    return sum((money(each, name, ZERO) for each in parts), ZERO)


def _name(raw: Any) -> str:
    if not isinstance(raw, dict):
        return "without a name"
    return str(raw.get("name") or raw.get("displayName") or number(str(raw.get("id", "?"))))
