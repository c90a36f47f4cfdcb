"""What finance KPIs are made of, read once: open balances, cash, the ledger's months, sales.

Money is company currency; days are the company's. Invoices convert at the rate of their issue
day, bank balances at the rate of their own day, ledger lines at the rate of their month's end.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple

import pandas as pd

from data import company, database, fx
from data.queries import inventory_products, inventory_value
from data.queries.tracks import Feed, Track, YearSum, months_before, twelve_months

CASH_HOLDS_DAYS = 62
LEDGER_HOLDS_DAYS = 92
STEPS = {
    "receivables": "import them with `python manage.py import invoices FILE` or connect Xero.",
    "payables": "import them with `python manage.py import invoices FILE` or connect Xero.",
    "cash": "import them with `python manage.py import bank FILE` or connect Xero.",
    "ledger": "import it with `python manage.py import ledger FILE` or connect Xero.",
}
RATES = "import the rates with `python manage.py import rates FILE`."
NO_RATE = "ledger lines without an exchange rate"
CURRENT_ASSETS = ("cash", "receivables", "inventory", "other_current_assets")
CURRENT_LIABILITIES = ("payables", "other_current_liabilities")


class Inputs:
    """Reads each input at most once, as known up to `end`."""

    def __init__(self, end: date) -> None:
        self.end = end
        self._standing: dict[date, Any] = {}
        self._years: dict[tuple[str, date], YearSum] = {}

    @cached_property
    def receivables(self) -> Track:
        """What customers owe; invoices first, the balance sheet where there are none."""
        return self._owed("receivable", "receivables")

    @cached_property
    def payables(self) -> Track:
        """What is owed to suppliers; invoices first, the balance sheet where there are none."""
        return self._owed("payable", "payables")

    @cached_property
    def cash(self) -> Track:
        """Bank balances; the balance sheet where there are none."""
        found = bank(self.end)
        return found if found.first else self._sheet("cash", "bank balances", STEPS["cash"])

    @cached_property
    def inventory(self) -> Track:
        """Inventory in the books; stock at cost where the books have none."""
        books = self._sheet(
            "inventory", "inventory figures", f"its balance sheet: {STEPS['ledger']}"
        )
        if books.first:
            return books
        return self.stock

    @cached_property
    def stock(self) -> Track:
        """Stock at cost."""
        return inventory_value.track(self.end)

    def standing(self, day: date) -> pd.DataFrame:
        """Each product as it stood on a day."""
        if day not in self._standing:
            self._standing[day] = inventory_products.stand(day)
        found: pd.DataFrame = self._standing[day]
        return found

    def uncosted(self, day: date) -> int:
        """Products on hand on `day` whose value is not known."""
        if not self._any_uncosted:
            return 0
        found = inventory_value.on_hand(day)
        return int(found["value"].isna().sum())

    @cached_property
    def _any_uncosted(self) -> bool:
        return bool(database.scalar("SELECT EXISTS (SELECT FROM stock_changes WHERE unknown <> 0)"))

    @cached_property
    def sheet(self) -> dict[date, dict[str, Posted]]:
        """Balance-sheet amounts by month's last day and category."""
        return _ledger("balance_sheet", self.end)

    @cached_property
    def _months(self) -> dict[date, dict[str, Posted]]:
        return _ledger("profit_and_loss", self.end)

    @cached_property
    def ledger_feed(self) -> Feed:
        """Where the ledger's lines come from."""
        return feed("ledger")

    def _owed(self, direction: str, noun: str) -> Track:
        found = open_balance(direction, noun, self.end)
        return found if found.first else self._sheet(noun, noun, STEPS[noun])

    def _sheet(self, category: str, noun: str, step: str) -> Track:
        posted = {day: line[category] for day, line in self.sheet.items() if category in line}
        readings = {day: one.whole for day, one in posted.items()}
        made = Track.of_readings(noun, readings, self.end, LEDGER_HOLDS_DAYS)
        return Track(noun, made.first, made.values, self.ledger_feed,
                     f"There are no {noun} yet; {step}",
                     _gap(sum(one.gaps for one in posted.values())) or step)  # fmt: skip

    def year_of(self, name: str, day: date) -> YearSum:
        """Revenue or COGS of the 12 months to `day`: the ledger's months, else the orders' days."""
        if (name, day) not in self._years:
            self._years[name, day] = self._ledger_year(name, day) or sales_year(name, day)
        return self._years[name, day]

    def _ledger_year(self, name: str, day: date) -> YearSum | None:
        """None where the ledger does not have the 12 months."""
        posted = {at.replace(day=1): line.get(name, _NOTHING) for at, line in self._months.items()}
        found = twelve_months({month: one.amount for month, one in posted.items()}, day)
        if found is None:
            return None
        gaps = int(twelve_months({month: one.gaps for month, one in posted.items()}, day) or 0)
        if math.isnan(found):  # of one of the months nothing is known
            return YearSum(None, self.ledger_feed, f"{gaps} {NO_RATE}: {RATES}")
        return YearSum(found, self.ledger_feed, excluded={NO_RATE: gaps} if gaps else {})


def sales_year(name: str, day: date) -> YearSum:
    """Net revenue or COGS of the orders of the 12 months to `day`, from the daily roll-up."""
    first = months_before(day, 12) + timedelta(1)
    row = database.one(
        "SELECT (SELECT min(day) FROM sales_daily_channel) AS begun, sum(net)::float8 AS revenue, "
        "sum(cogs)::float8 AS cogs, sum(uncosted_lines) AS uncosted, sum(gap_lines) AS gaps, "
        "(SELECT string_agg(source, ', ') FROM sales_sources) AS source, "
        "(SELECT min(last_seen) FROM sales_sources) AS as_of, "
        "(SELECT bool_or(sample) FROM sales_sources) AS sample "
        "FROM sales_daily_channel WHERE day BETWEEN :first AND :day",
        first=first, day=day,
    )  # fmt: skip
    assert row is not None
    title = {"revenue": "revenue", "cogs": "COGS"}[name]
    if row["begun"] is None or row["begun"] > first:
        since = f"; orders begin on {row['begun']}" if row["begun"] else ""
        return YearSum(None, reason=f"The 12 months of {title} to {day} are not complete in the "
                       f"ledger nor in orders{since}; {STEPS['ledger']}")  # fmt: skip
    excluded = {"lines without a cost": int(row["uncosted"] or 0)} if name == "cogs" else {}
    excluded["lines without an exchange rate"] = int(row["gaps"] or 0)
    feed = Feed(row["source"], row["as_of"], bool(row["sample"]))
    return YearSum(row[name], feed, excluded={key: n for key, n in excluded.items() if n})


def feed(*datasets: str) -> Feed:
    """Which sources these datasets have, and when the oldest of them was last read."""
    row = database.one(
        "SELECT string_agg(DISTINCT source, ', ') AS source, min(last_seen) AS as_of, "
        "bool_or(source = 'sample') AS sample FROM feeds WHERE dataset = ANY(:datasets)",
        datasets=list(datasets),
    )
    assert row is not None
    return Feed(row["source"], row["as_of"], bool(row["sample"]))


def open_balance(direction: str, noun: str, end: date) -> Track:
    """Open balance by day of one direction, from the roll-up kept with invoices."""
    rows = database.read(
        "SELECT day, change::float8 AS change FROM open_balance_changes "
        "WHERE direction = :direction",
        direction=direction,
    )
    made = Track.of_changes(noun, {row["day"]: row["change"] for row in rows}, end)
    return Track(noun, made.first, made.values, feed("invoices"),
                 f"There are no {noun} yet; {STEPS[noun]}")  # fmt: skip


def bank(end: date) -> Track:
    """Cash by day: each account's balance holds until its next one; all accounts together."""
    rows = database.read(
        f"SELECT source, account, day, (balance * {fx.rate('currency', 'day')})::float8 AS cash "
        "FROM bank_balances WHERE day <= :end "
        "OR day = (SELECT min(day) FROM bank_balances) ORDER BY day",
        end=end, company=company.currency(),
    )  # fmt: skip
    noun = "bank balances"
    by_account: dict[tuple[str, str], dict[date, float]] = {}
    for row in rows:
        known = math.nan if row["cash"] is None else row["cash"]
        by_account.setdefault((row["source"], row["account"]), {})[row["day"]] = known
    tracks = [Track.of_readings(noun, found, end, CASH_HOLDS_DAYS) for found in by_account.values()]
    made = together(noun, tracks, end)
    gaps = sum(row["cash"] is None for row in rows)
    return Track(noun, made.first, made.values, feed("bank"),
                 f"There are no bank balances yet; {STEPS['cash']}",
                 _gap(gaps) or STEPS["cash"])  # fmt: skip


def _gap(count: int) -> str:
    """What ends a gap that comes from missing rates; nothing where none is missing."""
    return f"{count} without an exchange rate: {RATES}" if count else ""


def together(noun: str, tracks: list[Track], end: date) -> Track:
    """The sum of tracks from the first of them on; unknown where one that began is unknown."""
    import numpy as np

    begun = [track for track in tracks if track.first is not None and len(track.values)]
    if not begun:
        later = [track.first for track in tracks if track.first is not None]
        return Track(noun, min(later, default=None))
    first = min(track.first for track in begun if track.first)
    values = np.zeros((end - first).days + 1)
    for track in begun:
        values[-len(track.values) :] += track.values
    return Track(noun, first, values)


CLOSING = "(month + interval '1 month - 1 day')::date"


class Posted(NamedTuple):
    """What the ledger has in a category and month: NaN if nothing converts; lines that do not."""

    amount: float
    gaps: int

    @property
    def whole(self) -> float:
        """The amount; NaN as soon as a part of it is not known."""
        return math.nan if self.gaps else self.amount


_NOTHING = Posted(0.0, 0)


def _ledger(statement: str, end: date) -> dict[date, dict[str, Posted]]:
    """Amounts by month's last day and category, months over by `end` only."""
    rows = database.read(
        "SELECT closing, category, sum(amount * rate)::float8 AS amount, "
        "count(*) - count(rate) AS gaps "
        f"FROM (SELECT l.*, {CLOSING} AS closing, {fx.rate('currency', CLOSING)} AS rate "
        "FROM ledger_lines l WHERE statement = :statement) dated "
        "WHERE closing <= :end GROUP BY closing, category",
        statement=statement, end=end, company=company.currency(),
    )  # fmt: skip
    found: dict[date, dict[str, Posted]] = {}
    for row in rows:
        amount = math.nan if row["amount"] is None else row["amount"]
        found.setdefault(row["closing"], {})[row["category"]] = Posted(amount, row["gaps"])
    return found
