"""Bank balances and the ledger's months, drawn from what was sold, billed and paid.

Every month balances: assets = liabilities + equity, and equity moves by the month's profit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, text

from data import company
from data.sample.company import Calendar
from data.sample.demand import Floats
from data.sample.documents import months

_SALES = """
SELECT date_trunc('month', day)::date AS month, channel, sum(net)::float8 AS net,
       sum(shipping)::float8 AS shipping, sum(tax)::float8 AS tax, sum(cogs)::float8 AS cogs,
       sum(fees)::float8 AS fees
  FROM sales_daily_channel GROUP BY 1, 2 ORDER BY 1, 2
"""
_PLANT = 0.9  # of a month's revenue
_INSTALMENTS = 3


@dataclass(frozen=True)
class Month:
    """A month of the company in company currency."""

    first: date
    last: date
    channels: dict[str, float]
    shipping: float
    tax: float
    cogs: float
    fees: float

    @property
    def revenue(self) -> float:
        """Net revenue of all channels."""
        return sum(self.channels.values())


def sold_months(opened: Connection, calendar: Calendar) -> list[Month]:
    """The sales of each whole month, from the same roll-up that the Business page reads."""
    by_month: dict[date, list[Any]] = {}
    for row in opened.execute(text(_SALES)):
        by_month.setdefault(row.month, []).append(row)
    found = []
    for first in months(calendar):
        rows = by_month.get(first, [])
        after = (first + timedelta(32)).replace(day=1)
        found.append(Month(
            first, after - timedelta(1), {row.channel: round(row.net, 2) for row in rows},
            *(round(sum(getattr(row, name) for row in rows), 2)
              for name in ("shipping", "tax", "cogs", "fees")),
        ))  # fmt: skip
    return found


@dataclass(frozen=True)
class Costs:
    """Monthly costs in company currency, as long as the months."""

    wages: Floats
    marketing: Floats
    overheads: Floats
    investment: Floats
    depreciation: Floats


def costs(sold: list[Month]) -> Costs:
    """Costs that grow with the company; an investment in instalments over the last months."""
    revenue = np.array([month.revenue for month in sold])
    smooth = np.array([revenue[max(0, at - 11) : at + 1].mean() for at in range(len(revenue))])
    investment = np.zeros(len(sold))
    investment[-_INSTALMENTS:] = 0.42 * smooth[-_INSTALMENTS:]
    return Costs(
        np.round(0.15 * smooth, 2), np.round(0.10 * revenue, 2), np.round(0.07 * smooth, 2),
        np.round(investment, 2), np.round(np.full(len(sold), 0.02 * smooth[0]), 2),
    )  # fmt: skip


def cash_by_day(
    opened: Connection, calendar: Calendar, sold: list[Month], spent: Costs, labour: Floats
) -> Floats:
    """The bank's balance at the end of each day."""
    flow = np.zeros(calendar.count)
    rows = opened.execute(text(
        "SELECT p.paid_on, sum(p.amount * fx_rate(i.currency, :home, p.paid_on) "
        "* CASE i.direction WHEN 'receivable' THEN 1 ELSE -1 END)::float8 AS amount "
        "FROM invoice_payments p JOIN invoices i "
        "ON i.source = p.source AND i.source_id = p.invoice_id "
        "WHERE p.source = 'sample' AND p.credit_id IS NULL GROUP BY 1"
    ), {"home": company.currency()})  # fmt: skip
    for row in rows:
        flow[(row.paid_on - calendar.first).days] += row.amount
    flow -= labour
    for at, month in enumerate(sold):
        pay_day = min((month.last - calendar.first).days, calendar.count - 1)
        flow[pay_day] -= spent.wages[at] + spent.marketing[at] + spent.investment[at] + month.fees
        if month.first.month % 3 == 0:
            due = (month.last + timedelta(37) - calendar.first).days
            if due < calendar.count:
                flow[due] -= sum(each.tax for each in sold[max(0, at - 2) : at + 1])
    opening = 2.2 * float(np.mean([month.revenue for month in sold[:12]]))
    return np.asarray(np.round(np.cumsum(flow) + opening, 2))


def ledger(
    opened: Connection, calendar: Calendar, sold: list[Month], spent: Costs, cash: Floats
) -> list[dict[str, Any]]:
    """Lines of profit and loss and balance sheet of each month."""
    lines: list[dict[str, Any]] = []
    before: float | None = None
    for at, month in enumerate(sold):
        bank = float(cash[(month.last - calendar.first).days])
        sheet = _sheet(opened, sold, spent, bank, at)
        profit = _profit(month, spent, at)
        equity = round(sum(amount for _, _, amount in sheet), 2)
        if before is not None:
            rest = round(equity - before - sum(amount for _, _, amount, _ in profit), 2)
            profit.append(("other_expenses", "Stock and exchange differences", rest, -1))
        before = equity
        for category, account, amount, sign in profit:
            lines.append(_line("profit_and_loss", month, category, account, sign * amount))
        for category, account, amount in sheet:
            sign = -1 if category in _OWED else 1
            lines.append(_line("balance_sheet", month, category, account, sign * amount))
        lines.append(_line("balance_sheet", month, "equity", "Equity", equity))
    return lines


_OWED = ("payables", "other_current_liabilities", "long_term_liabilities")


def _profit(month: Month, spent: Costs, at: int) -> list[tuple[str, str, float, int]]:
    """(category, account, effect on profit, sign that the line is shown with)."""
    return [
        *(("revenue", f"Sales {name}", net, 1) for name, net in month.channels.items()),
        ("other_income", "Shipping charged", month.shipping, 1),
        ("cogs", "Cost of goods sold", -month.cogs, -1),
        ("operating_expenses", "Marketplace and payment fees", -month.fees, -1),
        ("operating_expenses", "Wages", -float(spent.wages[at]), -1),
        ("operating_expenses", "Marketing", -float(spent.marketing[at]), -1),
        ("operating_expenses", "Rent and services", -float(spent.overheads[at]), -1),
        ("operating_expenses", "Depreciation", -float(spent.depreciation[at]), -1),
    ]


_STANDING = """
SELECT (SELECT coalesce(sum(change), 0) FROM open_balance_changes
         WHERE direction = 'receivable' AND day <= :day)::float8 AS owed_to_us,
       (SELECT coalesce(sum(change), 0) FROM open_balance_changes
         WHERE direction = 'payable' AND day <= :day)::float8 AS owed_by_us,
       (SELECT coalesce(sum(value), 0) FROM stock_changes WHERE day <= :day)::float8 AS stock,
       (SELECT sum(net + shipping + tax) FROM sales_daily_channel
         WHERE day <= :day)::float8 AS sold,
       (SELECT coalesce(sum(rate * CASE kind WHEN 'invoice' THEN total ELSE -total END), 0)
          FROM invoices WHERE direction = 'receivable' AND issued_on <= :day)::float8 AS billed
"""


def _sheet(
    opened: Connection, sold: list[Month], spent: Costs, bank: float, at: int
) -> list[tuple[str, str, float]]:
    """Assets and debts at the end of the month; debts negative."""
    standing = opened.execute(text(_STANDING), {"day": sold[at].last}).one()
    owned = float(spent.investment[: at + 1].sum() - spent.depreciation[: at + 1].sum())
    start = _PLANT * float(np.mean([month.revenue for month in sold[:12]]))
    return [
        ("cash", "Bank", bank),
        ("receivables", "Trade receivables", round(standing.owed_to_us, 2)),
        ("inventory", "Finished goods", round(standing.stock, 2)),
        ("other_current_assets", "Sales not yet billed", round(standing.sold - standing.billed, 2)),
        ("fixed_assets", "Plant and equipment", round(start + owned, 2)),
        ("payables", "Trade payables", -round(standing.owed_by_us, 2)),
        ("other_current_liabilities", "Sales tax", -round(_unpaid_tax(sold, at), 2)),
        ("long_term_liabilities", "Loan", -round(start * 0.5, 2)),
    ]


def _unpaid_tax(sold: list[Month], at: int) -> float:
    """Sales tax of quarters that are not over or not yet due, 37 days after their end."""
    closing = sold[at].last
    unpaid = 0.0
    for month in sold[max(0, at - 5) : at + 1]:
        quarter_end = date(month.first.year, (month.first.month + 2) // 3 * 3, 1)
        due = (quarter_end + timedelta(32)).replace(day=1) + timedelta(36)
        unpaid += month.tax if due > closing else 0.0
    return unpaid


def _line(
    statement: str, month: Month, category: str, account: str, amount: float
) -> dict[str, Any]:
    return {"statement": statement, "month": month.first, "category": category,
            "account": account, "amount": round(amount, 2), "currency": company.currency(),
            "source_id": f"{statement}|{month.first:%Y-%m}|{category}|{account}"}  # fmt: skip
