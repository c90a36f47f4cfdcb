"""What the clients hand over: typed, frozen, the same whichever vendor it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in an answer that could not be taken as it stood."""

    record: str
    field: str
    problem: str


@dataclass(frozen=True, slots=True)
class Line:
    """One position of an order. Money is for the whole quantity, without tax unless named."""

    id: str
    sku: str
    quantity: Decimal
    goods: Decimal | None
    discount: Decimal | None
    tax: Decimal | None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back, on its own day. `goods` and `shipping` are without tax."""

    id: str
    at: datetime
    goods: Decimal
    shipping: Decimal
    tax: Decimal
    units: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its lines and refunds. Money is None while the vendor does not tell it yet."""

    id: str
    channel: str
    ordered_at: datetime
    updated_at: datetime
    currency: str
    cancelled: bool
    test: bool
    shipping: Decimal | None
    tax: Decimal | None
    lines: tuple[Line, ...]
    refunds: tuple[Refund, ...] = ()
    customer: str | None = None
    country: str | None = None
    promised_at: datetime | None = None
    shipped: bool = False
    fees: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """What one item of a marketplace's transaction charged or gave back for an order.

    `fees` are positive where kept; `goods`, `tax` and `shipping` are what the customer got back.
    `releases` names a deferred transaction whose money this one releases.
    """

    transaction: str
    item: int
    order: str
    refund: bool
    at: datetime
    sku: str
    fees: Decimal | None
    goods: Decimal
    tax: Decimal
    shipping: Decimal
    currency: str
    releases: str | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """Something that is sold under a stock-keeping unit, with what one unit costs."""

    id: str
    sku: str
    title: str
    unit_cost: Decimal | None
    currency: str | None
    price: Decimal | None = None
    tracked: bool = True


@dataclass(frozen=True, slots=True)
class Stock:
    """How much of a stock-keeping unit lies at a place at one moment."""

    sku: str
    location: str
    on_hand: Decimal
    available: Decimal | None
    committed: Decimal | None
    incoming: Decimal | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Allocation:
    """The part of a credit that settled an invoice, on its day."""

    id: str
    invoice: str
    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice, bill or credit that leaves a balance open. Money in its own currency."""

    id: str
    kind: str
    number: str
    status: str
    contact: str
    issued: date
    due: date | None
    currency: str
    rate: Decimal
    total: Decimal
    tax: Decimal
    open: Decimal | None
    updated_at: datetime
    void: bool = False
    allocations: tuple[Allocation, ...] = ()
    base: str = ""

    def company_rate(self, company: str) -> Decimal | None:
        """Company currency for one of the document's, None where the books are in another."""
        return 1 / self.rate if self.base == company else None


@dataclass(frozen=True, slots=True)
class BankMove:
    """Money into an account (positive) or out of it, in the account's currency."""

    id: str
    account: str
    on: date
    kind: str
    amount: Decimal
    currency: str
    rate: Decimal
    contact: str
    void: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that settled a document."""

    id: str
    document: str
    paid_on: date
    amount: Decimal
    currency: str
    rate: Decimal
    void: bool
    updated_at: datetime
    kind: str = ""
    bank: BankMove | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A ledger account."""

    id: str
    code: str
    name: str
    type: str
    system: str
    currency: str | None
    active: bool


@dataclass(frozen=True, slots=True)
class Balance:
    """Closing balance of a bank account on a day."""

    account: str
    name: str
    on: date
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One account in one month of the books: its movement over the month, or balance at its end."""

    statement: str
    month: date
    category: str
    account: str
    title: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What the vendor itself counts for a day or month, to compare with."""

    measure: str
    period: date
    value: Decimal
    currency: str | None
    scope: str = ""
    zone: str = ""


Record = Order | Charge | Product | Stock | Document | Payment | Balance | BankMove | LedgerLine


@dataclass(frozen=True)
class Page:
    """Records that belong together, and where to go on once they are stored."""

    records: Sequence[Record]
    position: Mapping[str, Any]
    loading: bool = False
    expected: int | None = None
    faults: tuple[Fault, ...] = ()
    # Records seen that are not in `records`, such as lines of a bulk file, for the progress bar.
    done: int | None = None
    notices: tuple[str, ...] = field(default=())
    # The walk over all stock that began then is complete: what it did not meet is gone.
    stock_since: str | None = None
    # Every document and payment is there: what the payments do not explain can be settled.
    settles: bool = False
