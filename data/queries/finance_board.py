"""What the Finance page asks, each question reading its inputs once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import pandas as pd

from data import company, database, fx
from data.queries import finance, finance_documents, finance_sheet
from data.queries.figure import Figure
from data.queries.finance_inputs import CLOSING, Inputs
from data.queries.tracks import months_before

CYCLE = ("cash_conversion_cycle", "dso", "dio", "dpo")
RATIOS = ("working_capital", "current_ratio", "quick_ratio")


def figures(
    slugs: Sequence[str], days: Sequence[date], inputs: Inputs | None = None
) -> dict[str, list[Figure]]:
    """Each KPI as of each day; days after today are read as today."""
    today = company.today()
    wanted = [min(day, today) for day in days]
    inputs = inputs or Inputs(max(wanted))
    found = {slug: [finance.at(slug, inputs, day) for day in wanted] for slug in slugs}
    for slug in ("receivables", "payables"):
        if slug in found:
            now = finance_documents.with_gaps(found[slug][0], slug, wanted[0])
            found[slug] = [now, *found[slug][1:]]
    return found


class Page(NamedTuple):
    """What the Finance page shows of the balances, all from one reading of them.

    figures: KPI → as of each of the days. points: KPIs over the period. year: the cycle, its
    parts and the ratios by month over at least 12 months. freed: what a day of each term is
    worth. sheet: day and lines of the newest balance sheet.
    """

    figures: dict[str, list[Figure]]
    points: pd.DataFrame
    year: pd.DataFrame
    freed: pd.DataFrame
    sheet: tuple[date, pd.DataFrame] | None


def page(
    slugs: Sequence[str], sparks: Sequence[str], days: Sequence[date], start: date, by: str
) -> Page:
    """Everything up to the first of the days; the others are compared with it."""
    end = min(days[0], company.today())
    inputs = Inputs(min(max(days), company.today()))
    return Page(
        figures(slugs, days, inputs),
        _points(sparks, inputs, start, end, by),
        _points((*CYCLE, *RATIOS), inputs, min(start, year_before(end)), end, "month"),
        _freed(inputs, end),
        _sheet(inputs, end),
    )


def _points(slugs: Sequence[str], inputs: Inputs, start: date, end: date, by: str) -> pd.DataFrame:
    points = list(finance.closings(start, end, by).values())
    columns = {slug: [finance.at(slug, inputs, day).value for day in points] for slug in slugs}
    index = pd.Index(pd.to_datetime(points), name=by)
    return pd.DataFrame(columns, index=index, dtype="float64")


def year_before(day: date) -> date:
    """First day of a chart that shows the 12 months to `day`."""
    return months_before(day, 12)


def ageing(day: date) -> pd.DataFrame:
    """Open balance by days overdue: columns bucket, receivables, payables (company currency)."""
    both = [finance_documents.by_bucket(noun, day) for noun in ("receivables", "payables")]
    return pd.DataFrame({"bucket": both[0]["ageing"], "receivables": both[0]["value"],
                         "payables": both[1]["value"]})  # fmt: skip


def _freed(inputs: Inputs, day: date) -> pd.DataFrame:
    """What one day of each term is worth: columns term, days_now, flow, per_day.

    `flow`: 12 months of revenue or COGS; `per_day` = flow / 365, company currency. Missing where
    the flow is.
    """
    rows = []
    for term, slug, flow in (("Customers pay", "dso", "revenue"), ("Stock is held", "dio", "cogs"),
                             ("Suppliers are paid", "dpo", "cogs")):  # fmt: skip
        year = inputs.year_of(flow, day)
        rows.append({"term": term, "days_now": finance.at(slug, inputs, day).value,
                     "flow": year.value,
                     "per_day": None if year.value is None else year.value / 365})  # fmt: skip
    return pd.DataFrame(rows).astype({"days_now": "float64", "flow": "float64",
                                      "per_day": "float64"})  # fmt: skip


def _sheet(inputs: Inputs, day: date) -> tuple[date, pd.DataFrame] | None:
    """The newest balance sheet: its day and columns category, amount; None without one."""
    found = finance_sheet.newest_sheet(inputs, day)
    if found is None:
        return None
    closing, lines = found
    order = ["cash", "receivables", "inventory", "other_current_assets", "fixed_assets",
             "payables", "other_current_liabilities", "long_term_liabilities",
             "equity"]  # fmt: skip
    rows = [(name.replace("_", " ").capitalize(), lines[name]) for name in order if name in lines]
    return closing, pd.DataFrame(rows, columns=["category", "amount"])


_STATEMENT = ("revenue", "cogs", "operating_expenses", "other_income", "other_expenses", "taxes")
_INCOME = ("revenue", "other_income")
# What each subtotal follows: the positions summed so far, income less costs.
_SUBTOTALS = {"cogs": "Gross profit", "operating_expenses": "Operating profit"}
_WORDED = {"cogs": "Cost of goods sold"}


def profit(start: date, end: date) -> tuple[pd.DataFrame, int]:
    """Profit and loss of the months that the range touches: category, account, amount.

    Company currency at the rate of each month's end; the number beside the frame counts lines
    without one, which are left out. Subtotals and the profit are rows without an account.
    """
    found = database.frame(
        "SELECT category, account, sum(amount * rate)::float8 AS amount, "
        "count(*) FILTER (WHERE rate IS NULL) AS gaps "
        f"FROM (SELECT l.*, {fx.rate('currency', CLOSING)} AS rate FROM ledger_lines l "
        "WHERE statement = 'profit_and_loss' AND month BETWEEN date_trunc('month', "
        "CAST(:start AS date)) AND :end) dated GROUP BY category, account "
        "ORDER BY category, amount DESC NULLS LAST",
        start=start, end=end, company=company.currency(),
    )  # fmt: skip
    made = pd.DataFrame(_statement(found), columns=["category", "account", "amount"])
    return made.astype({"amount": "float64"}), int(found["gaps"].sum())


def _statement(found: pd.DataFrame) -> list[tuple[str, str, float]]:
    """The positions in the order of a statement, with what remains after each of them."""
    rows: list[tuple[str, str, float]] = []
    remains = 0.0
    for category in _STATEMENT:
        lines = found[(found["category"] == category) & found["amount"].notna()]
        words = _WORDED.get(category, category.replace("_", " ").capitalize())
        for account, amount in zip(lines["account"], lines["amount"], strict=True):
            rows.append((words, account, amount))
            remains += amount if category in _INCOME else -amount
        if len(lines) and category in _SUBTOTALS:
            rows.append((_SUBTOTALS[category], "", remains))
    return [*rows, ("Profit", "", remains)] if rows else []
