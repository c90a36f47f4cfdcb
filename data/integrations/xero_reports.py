"""Xero's reports by month: rows are found by account, one month a call so that none can drift."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from data import company
from data.integrations import xero_parse as parse
from data.integrations.errors import Unexpected
from data.integrations.fields import Malformed
from data.integrations.records import Account, Aggregate, Balance, LedgerLine, Page, Record
from data.integrations.world import World

TITLE = "Xero"
FIRST_MONTHS = 25
AGAIN_MONTHS = 3

# Account type → category of the ledger that the finance KPIs read.
PROFIT = {
    "REVENUE": "revenue",
    "SALES": "revenue",
    "OTHERINCOME": "other_income",
    "DIRECTCOSTS": "cogs",
    "EXPENSE": "operating_expenses",
    "OVERHEADS": "operating_expenses",
    "DEPRECIATN": "operating_expenses",
    "WAGESEXPENSE": "operating_expenses",
    "SUPERANNUATIONEXPENSE": "operating_expenses",
}
BALANCE = {
    "BANK": "cash",
    "CURRENT": "other_current_assets",
    "INVENTORY": "inventory",
    "PREPAYMENT": "other_current_assets",
    "FIXED": "fixed_assets",
    "NONCURRENT": "fixed_assets",
    "CURRLIAB": "other_current_liabilities",
    "PAYGLIABILITY": "other_current_liabilities",
    "SUPERANNUATIONLIABILITY": "other_current_liabilities",
    "WAGESPAYABLELIABILITY": "other_current_liabilities",
    "LIABILITY": "long_term_liabilities",
    "TERMLIAB": "long_term_liabilities",
    "EQUITY": "equity",
}
SYSTEM = {"DEBTORS": "receivables", "CREDITORS": "payables"}
# Rows without a known account fall to the section that they stand in.
_BY_SECTION = {
    "profit_and_loss": (
        ("cost of", "cogs"),
        ("other income", "other_income"),
        ("income", "revenue"),
        ("revenue", "revenue"),
        ("", "other_expenses"),
    ),
    "balance_sheet": (
        ("bank", "cash"),
        ("fixed asset", "fixed_assets"),
        ("non-current asset", "fixed_assets"),
        ("asset", "other_current_assets"),
        ("non-current liabilit", "long_term_liabilities"),
        ("liabilit", "other_current_liabilities"),
        ("", "equity"),
    ),
}


class Reader(Protocol):
    """The part of the client that the books use."""

    world: World

    def read(self, path: str, since: datetime | None = None, **query: str) -> Any:
        """One GET of the Accounting API."""

    def base(self) -> str:
        """Base currency of the books."""

    def accounts(self) -> Mapping[str, Account]:
        """Ledger accounts by id."""


class Books:
    """Profit and loss, balance sheet and bank balances of one organisation."""

    def __init__(self, xero: Reader) -> None:
        self._xero = xero

    def pages(self, position: Mapping[str, Any] | None) -> Iterator[Page]:
        """25 months at first, the last three each time after; then today's bank balances."""
        place = dict(position or {})
        today = self._xero.world.moment().date()
        loaded = bool(place.get("loaded"))
        at = _shift(today, -(AGAIN_MONTHS if loaded else FIRST_MONTHS) + 1)
        if place.get("month"):
            at = date.fromisoformat(place["month"])
        total = (today.year - at.year) * 12 + today.month - at.month + 1
        while at <= today:
            rows: list[Record] = [*self.profit(at), *self.balance(at, today)]
            rows += _cash(rows, min(_end(at), today))
            at = _shift(at, 1)
            held = {"month": at.isoformat(), "loaded": loaded}
            yield Page(rows, held, loading=not loaded, expected=total)
        yield Page(list(self.bank(today)), {"loaded": True})

    def profit(self, month: date) -> Iterator[LedgerLine]:
        """Profit and loss of one month by account."""
        report = self._xero.read(
            "Reports/ProfitAndLoss", fromDate=month.isoformat(), toDate=_end(month).isoformat()
        )
        yield from self._lines(report, "profit_and_loss", month, PROFIT)

    def balance(self, month: date, today: date) -> Iterator[LedgerLine]:
        """Balance sheet at the end of a month, or today within it."""
        at = min(_end(month), today)
        report = self._xero.read("Reports/BalanceSheet", date=at.isoformat())
        yield from self._lines(report, "balance_sheet", month, BALANCE)

    def bank(self, today: date) -> Iterator[Balance]:
        """Closing balance of each bank account today, in base currency."""
        day = today.isoformat()
        report = self._xero.read("Reports/BankSummary", fromDate=day, toDate=day)
        headings = parse.columns(report)
        closing = headings.index("Closing Balance") if "Closing Balance" in headings else -1
        for row in self._rows(report):
            if row.total or row.account is None or not row.amounts:
                continue
            amount = row.amounts[closing]
            if amount is not None:
                yield Balance(row.account, row.title, today, amount, self._xero.base())

    def totals(self, start: date, end: date) -> Iterator[Aggregate]:
        """Of each whole month from `start` to the day before `end`: revenue, and what is owed."""
        at = start.replace(day=1) if start.day == 1 else _shift(start, 1)
        while _shift(at, 1) <= end:
            lines = [line for line in self.profit(at) if line.category == "revenue"]
            total = sum((line.amount for line in lines), Decimal(0))
            yield Aggregate("revenue", at, total, self._xero.base())
            # Documents are kept in company currency: other books cannot be compared with them.
            if self._xero.base() == company.currency():
                yield Aggregate("invoiced", at, total, self._xero.base())
                yield from self._owed(at, end)
            at = _shift(at, 1)

    def _owed(self, month: date, today: date) -> Iterator[Aggregate]:
        """Receivables and payables at the month's end, where the balance sheet names them."""
        lines = list(self.balance(month, today))
        for name in ("receivables", "payables"):
            own = [line.amount for line in lines if line.category == name]
            if own:
                total = sum(own, Decimal(0))
                yield Aggregate(name, _end(month), total, self._xero.base())

    def _lines(
        self, report: Any, statement: str, month: date, kinds: Mapping[str, str]
    ) -> Iterator[LedgerLine]:
        for row in self._rows(report):
            if row.total or row.account is None or not row.amounts or row.amounts[0] is None:
                continue
            yield LedgerLine(
                statement,
                month,
                self._category(row, statement, kinds),
                row.account,
                row.title,
                row.amounts[0],
                self._xero.base(),
            )

    def _category(self, row: parse.Row, statement: str, kinds: Mapping[str, str]) -> str:
        account, section = self._account(row.account or ""), row.section.lower()
        if account.type == "BANK" and "liabilit" in section:
            return "other_current_liabilities"
        known = SYSTEM.get(account.system) or kinds.get(account.type)
        return known or next(name for part, name in _BY_SECTION[statement] if part in section)

    def _rows(self, report: Any) -> Iterator[parse.Row]:
        try:
            yield from parse.report_rows(report)
        except Malformed as error:
            raise Unexpected(
                f"Xero has changed its reports: {error}; nothing was taken over."
            ) from None

    def _account(self, identity: str) -> Account:
        unknown = Account(identity, "", "", "", "", None, True)
        return self._xero.accounts().get(identity, unknown)


def _cash(rows: list[Record], on: date) -> list[Record]:
    """The bank balances that a balance sheet holds, as balances of that day."""
    return [
        Balance(line.account, line.title, on, line.amount, line.currency)
        for line in rows
        if isinstance(line, LedgerLine) and line.category == "cash"
    ]


def _end(month: date) -> date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def _shift(day: date, months: int) -> date:
    """First of the month `months` later."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
