"""Weekly statements to customers, weekly bills of suppliers, and how late each is paid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from data import company
from data.sample.company import CHANNELS, LATE_PAYER, REGIONS, SEED, Calendar
from data.sample.demand import Floats
from data.sample.load_sales import Sold

# Supplier, share of the material cost, days to pay.
SUPPLIERS = (
    ("Glass supplier", 0.36, 45),
    ("Botanicals supplier", 0.30, 30),
    ("Packaging supplier", 0.18, 30),
    ("Contract packer", 0.10, 30),
    ("Haulier", 0.06, 21),
)
MATERIAL_SHARE = 0.72
_BILLED_ACCOUNTS = 4


@dataclass(frozen=True)
class Owed:
    """An amount that somebody owes from a day on, with the days they have to pay it."""

    name: str
    contact: str
    issued: date
    total: float
    currency: str
    terms: int

    @property
    def due(self) -> date:
        """The last day of the terms."""
        return self.issued + timedelta(self.terms)


@dataclass
class Papers:
    """Rows for invoices and invoice_payments."""

    invoices: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)

    def bill(self, direction: str, owed: Owed) -> None:
        """One invoice."""
        self._add(direction, owed, "invoice", owed.due)

    def credit(self, direction: str, owed: Owed, amount: float) -> None:
        """A credit note of the same day, set against the invoice."""
        note = replace(owed, name=f"{owed.name}C", total=amount)
        self._add(direction, note, "credit_note", None)
        self.pay(owed.name, owed.issued, amount, credit=note.name)

    def _add(self, direction: str, owed: Owed, kind: str, due: date | None) -> None:
        self.invoices.append({"source_id": owed.name, "number": owed.name, "kind": kind,
                              "due_on": due, "direction": direction, "contact": owed.contact,
                              "total": owed.total, "issued_on": owed.issued,
                              "currency": owed.currency})  # fmt: skip

    def pay(self, invoice: str, on: date, amount: float, credit: str | None = None) -> None:
        """One payment, numbered after its invoice."""
        number = sum(1 for row in self.payments[-3:] if row["invoice_id"] == invoice) + 1
        self.payments.append({"source_id": f"{invoice}-P{number}", "invoice_id": invoice,
                              "paid_on": on, "amount": round(amount, 2),
                              "credit_id": credit})  # fmt: skip


def weeks(calendar: Calendar) -> Iterator[tuple[int, int]]:
    """Day ranges of whole weeks from Monday, the first one shortened; the running one is left."""
    start = 0
    for day in range(calendar.count):
        if (calendar.first + timedelta(day)).weekday() == 6:
            yield start, day + 1
            start = day + 1


def receivables(calendar: Calendar, sold: Sold, papers: Papers) -> None:
    """A statement a week to each marketplace and to some of the trade accounts."""
    rng = np.random.default_rng([SEED, 9])
    for number, (start, stop) in enumerate(weeks(calendar)):
        issued = calendar.first + timedelta(stop)
        if issued > calendar.last:
            return
        for channel, seller in enumerate(CHANNELS):
            for region, place in enumerate(REGIONS):
                charged = float(sold.charged[start:stop, channel, region].sum())
                refunded = float(sold.refunded[start:stop, channel, region].sum())
                shares = rng.dirichlet(np.full(_BILLED_ACCOUNTS, 3.0)) if seller.accounts else [1.0]
                for part, share in enumerate(shares):
                    account = (number * _BILLED_ACCOUNTS + part) % max(seller.accounts, 1)
                    name = f"R{number:03d}{channel}{place.code}{part}"
                    contact = (f"{seller.name} {place.code} {account + 1:02d}" if seller.accounts
                               else f"{seller.name} {place.code}")  # fmt: skip
                    owed = Owed(name, contact, issued, round(charged * share, 2), place.currency,
                                seller.days_to_pay)  # fmt: skip
                    _statement(papers, calendar, rng, owed, credit=round(refunded * share, 2),
                               late=bool(seller.accounts) and account == LATE_PAYER)  # fmt: skip


def _statement(
    papers: Papers,
    calendar: Calendar,
    rng: np.random.Generator,
    owed: Owed,
    *,
    credit: float,
    late: bool,
) -> None:
    """One invoice, its credit note set against it the same day, and its payments so far."""
    trade = owed.terms > 14
    delay = int(np.clip(rng.normal(3, 7), -6, 40)) if trade else int(rng.integers(0, 3))
    delay += int(rng.integers(55, 110)) if late else 0
    partial = trade and rng.random() < 0.08
    if owed.total <= 0:
        return
    papers.bill("receivable", owed)
    credit = min(credit, owed.total)
    if credit > 0:
        papers.credit("receivable", owed, credit)
    _settle(papers, calendar, owed.name, on=owed.due + timedelta(delay),
            rest=round(owed.total - credit, 2), partial=partial)  # fmt: skip


def _settle(
    papers: Papers, calendar: Calendar, name: str, *, on: date, rest: float, partial: bool
) -> None:
    if rest <= 0:
        return
    first = round(rest * 0.6, 2) if partial else rest
    if on <= calendar.last:
        papers.pay(name, on, first)
    if partial and on + timedelta(21) <= calendar.last:
        papers.pay(name, on + timedelta(21), round(rest - first, 2))


def payables(calendar: Calendar, materials: Floats, overheads: Floats, papers: Papers) -> None:
    """Bills: material weekly by supplier, overheads monthly; company currency by day and month."""
    rng = np.random.default_rng([SEED, 10])
    home = company.currency()
    for number, (start, stop) in enumerate(weeks(calendar)):
        issued = calendar.first + timedelta(stop)
        for code, (supplier, share, terms) in enumerate(SUPPLIERS):
            total = round(float(materials[start:stop].sum()) * share, 2)
            if total <= 0 or issued > calendar.last:
                continue
            name = f"B{number:03d}{code}"
            _bill(papers, calendar, rng, Owed(name, supplier, issued, total, home, terms))
    for month, amount in enumerate(overheads):
        issued = months(calendar)[month] + timedelta(24)
        _bill(papers, calendar, rng, Owed(f"O{month:03d}", "Landlord and services", issued,
                                          round(float(amount), 2), home, 14))  # fmt: skip


def _bill(papers: Papers, calendar: Calendar, rng: np.random.Generator, owed: Owed) -> None:
    if owed.issued > calendar.last or owed.total <= 0:
        return
    papers.bill("payable", owed)
    on = owed.due + timedelta(int(rng.integers(-2, 6)))
    if on <= calendar.last:
        papers.pay(owed.name, on, owed.total)


def months(calendar: Calendar) -> list[date]:
    """First days of the months that are wholly covered."""
    first = calendar.first
    start = first if first.day == 1 else date(first.year + first.month // 12,
                                              first.month % 12 + 1, 1)  # fmt: skip
    found: list[date] = []
    while True:
        after = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        if after > calendar.today:
            return found
        found.append(start)
        start = after
