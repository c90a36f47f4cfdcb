"""Turns Amazon's orders and inventory into records: money from proceeds, without tax."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from data.integrations.fields import Fields
from data.integrations.records import Fault, Line, Order, Stock

ZERO = Decimal(0)
STATUSES = frozenset(
    {
        "PENDING_AVAILABILITY",
        "PENDING",
        "UNSHIPPED",
        "PARTIALLY_SHIPPED",
        "SHIPPED",
        "CANCELLED",
        "UNFULFILLABLE",
    }
)
_KINDS = frozenset({"ITEM", "SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER", "TAX", "DISCOUNT"})
_SERVICES = ("SHIPPING", "GIFT_WRAP", "COD_FEE", "OTHER")


@dataclass(frozen=True)
class Place:
    """A marketplace: the country, zone and currency that its days and prices are in."""

    id: str
    country: str
    zone: str
    currency: str


_PLACES = (
    Place("A1F83G8C2ARO7P", "GB", "Europe/London", "GBP"),
    Place("A1PA6795UKMFR9", "DE", "Europe/Berlin", "EUR"),
    Place("A13V1IB3VIYZZH", "FR", "Europe/Paris", "EUR"),
    Place("APJ6JRA9NG5V4", "IT", "Europe/Rome", "EUR"),
    Place("A1RKKUPIHCS9HS", "ES", "Europe/Madrid", "EUR"),
    Place("A1805IZSGTT6HS", "NL", "Europe/Amsterdam", "EUR"),
    Place("AMEN7PMS3EDWL", "BE", "Europe/Brussels", "EUR"),
    Place("A28R8C7NBKEWEA", "IE", "Europe/Dublin", "EUR"),
    Place("A1C3SOZRARQ6R3", "PL", "Europe/Warsaw", "PLN"),
    Place("A2NODRKZP88ZB9", "SE", "Europe/Stockholm", "SEK"),
    Place("A33AVAJ2PDY3EV", "TR", "Europe/Istanbul", "TRY"),
    Place("A2VIGQ35RCS4UG", "AE", "Asia/Dubai", "AED"),
    Place("A17E79C6D8DWNP", "SA", "Asia/Riyadh", "SAR"),
    Place("ARBP9OOSHTCHU", "EG", "Africa/Cairo", "EGP"),
    Place("AE08WJ6YKNBMC", "ZA", "Africa/Johannesburg", "ZAR"),
    Place("A21TJRUUN4KGV", "IN", "Asia/Kolkata", "INR"),
    Place("ATVPDKIKX0DER", "US", "America/Los_Angeles", "USD"),
    Place("A2EUQ1WTGCTBG2", "CA", "America/Los_Angeles", "CAD"),
    Place("A1AM78C64UM0Y8", "MX", "America/Mexico_City", "MXN"),
    Place("A2Q3Y263D00KWC", "BR", "America/Sao_Paulo", "BRL"),
    Place("A1VC38T7YXB528", "JP", "Asia/Tokyo", "JPY"),
    Place("A39IBJ37TRP1C6", "AU", "Australia/Sydney", "AUD"),
    Place("A19VAU5U5O7RUS", "SG", "Asia/Singapore", "SGD"),
)
PLACES = {place.id: place for place in _PLACES}


def place(identity: str) -> Place:
    """The marketplace of that id; UTC without a known country for a new one."""
    return PLACES.get(identity, Place(identity, "", "UTC", ""))


def order(raw: Any, notes: list[Fault], channel: str) -> Order:
    """One order. Its lines have no money while Amazon gives no proceeds. Raises Malformed."""
    named = raw.get("orderId") if isinstance(raw, dict) else None
    at = Fields(raw, f"order {named or 'without a number'}", notes)
    where = place(at.part("salesChannel").text("marketplaceId", ""))
    handled = at.part_or_none("fulfillment")
    status = "UNSHIPPED"
    if handled is not None:
        status = handled.choice("fulfillmentStatus", STATUSES, "UNSHIPPED")
    read = [_line(each) for each in at.parts("orderItems")]
    promised = handled.part_or_none("deliverByWindow") if handled else None
    return Order(
        id=at.text("orderId"),
        channel=f"{channel} {where.country}".strip(),
        ordered_at=at.instant("createdTime"),
        updated_at=at.instant("lastUpdatedTime"),
        currency=next((each.currency for each in read if each.currency), where.currency),
        cancelled=status == "CANCELLED",
        test=False,
        shipping=_total(each.services for each in read),
        tax=_total(each.line.tax for each in read),
        lines=tuple(each.line for each in read),
        country=where.country or None,
        promised_at=None if promised is None else promised.instant_or_none("latestDateTime"),
        shipped=status == "SHIPPED",
    )


@dataclass(frozen=True)
class _Read:
    line: Line
    services: Decimal | None
    currency: str


def _line(at: Fields) -> _Read:
    product = at.part("product")
    quantity = at.number("quantityOrdered")
    bare = Line(
        id=at.text("orderItemId"),
        sku=product.text("sellerSku", "") or product.text("asin", ""),
        quantity=quantity,
        goods=None,
        discount=None,
        tax=None,
        title=product.text("title", ""),
    )
    proceeds = at.part_or_none("proceeds")
    if proceeds is None or not proceeds.raw.get("breakdowns"):
        return _whole(bare, proceeds)
    parts, taken_off_services, currency = _parts(proceeds)
    tax, discount = parts.get("TAX", ZERO), abs(parts.get("DISCOUNT", ZERO))
    goods = parts.get("ITEM", ZERO)
    services = sum((parts.get(kind, ZERO) for kind in _SERVICES), ZERO)
    if _includes_tax(proceeds, goods + services - discount, tax):
        goods -= tax
    line = Line(bare.id, bare.sku, quantity, goods, discount - taken_off_services, tax, bare.title)
    return _Read(line, services - taken_off_services, currency)


def _whole(bare: Line, proceeds: Fields | None) -> _Read:
    """No money yet, as for a pending order; or a total that Amazon did not break down."""
    total = None if proceeds is None else proceeds.part_or_none("proceedsTotal")
    if proceeds is None or total is None:
        return _Read(bare, None, "")
    what = f"the total of {proceeds.what} is not broken down; it counts as goods"
    proceeds.notes.append(Fault(proceeds.what, "breakdowns", what))
    goods, nothing = total.number("amount"), ZERO
    line = Line(bare.id, bare.sku, bare.quantity, goods, nothing, nothing, bare.title)
    return _Read(line, nothing, total.text("currencyCode"))


def _parts(proceeds: Fields) -> tuple[dict[str, Decimal], Decimal, str]:
    """Amount by kind, how much of the discount was on services, and the currency."""
    found: dict[str, Decimal] = {}
    services, currency = ZERO, ""
    for each in proceeds.parts("breakdowns"):
        kind = each.choice("type", _KINDS, "OTHER")
        subtotal = each.part("subtotal")
        found[kind] = found.get(kind, ZERO) + subtotal.number("amount")
        currency = subtotal.text("currencyCode")
        if kind == "DISCOUNT":
            for detail in each.parts("detailedBreakdowns", required=False):
                if detail.text("subtype", "ITEM") in _SERVICES:
                    services += abs(detail.part("value").number("amount"))
    return found, services, currency


def _includes_tax(proceeds: Fields, without: Decimal, tax: Decimal) -> bool:
    """Whether the item price holds the tax: then the total is what it is without adding it."""
    total = proceeds.part_or_none("proceedsTotal")
    if total is None or not tax:
        return False
    amount = total.number("amount")
    return abs(amount - without) < abs(amount - without - tax)


def _total(values: Iterable[Decimal | None]) -> Decimal | None:
    known = [each for each in values if each is not None]
    return sum(known, ZERO) if known else None


def stock(raw: Any, notes: list[Fault], location: str, seen: datetime) -> Stock:
    """One line of FBA's inventory; what is reserved is still on hand. Raises Malformed."""
    named = raw.get("sellerSku") if isinstance(raw, dict) else None
    at = Fields(raw, f"stock of {named or 'something without SKU'}", notes)
    held = at.part("inventoryDetails")
    available = held.number("fulfillableQuantity", ZERO)
    reserved = held.part_or_none("reservedQuantity")
    kept = ZERO if reserved is None else reserved.number("totalReservedQuantity", ZERO)
    coming = ("inboundWorkingQuantity", "inboundShippedQuantity", "inboundReceivingQuantity")
    return Stock(
        sku=at.text("sellerSku"),
        location=location,
        on_hand=available + kept,
        available=available,
        committed=kept,
        incoming=sum((held.number(name, ZERO) for name in coming), ZERO),
        at=seen,
    )
