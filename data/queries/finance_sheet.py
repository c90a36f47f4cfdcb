"""KPIs read off the balance sheet and the bank: working capital, its ratios, the runway."""

from __future__ import annotations

import math
from datetime import date

from data.queries.figure import Figure
from data.queries.finance_inputs import (
    CURRENT_ASSETS,
    CURRENT_LIABILITIES,
    LEDGER_HOLDS_DAYS,
    RATES,
    STEPS,
    Inputs,
)
from data.queries.tracks import last_full_month, month_end, months_before

BURN_MONTHS = 3


def working_capital(inputs: Inputs, day: date) -> Figure:
    """Current assets − current liabilities of the newest balance sheet."""
    return _of_sheet("working_capital", inputs, day)


def current_ratio(inputs: Inputs, day: date) -> Figure:
    """Current assets / current liabilities."""
    return _of_sheet("current_ratio", inputs, day)


def quick_ratio(inputs: Inputs, day: date) -> Figure:
    """(Current assets − inventory) / current liabilities."""
    return _of_sheet("quick_ratio", inputs, day)


def newest_sheet(inputs: Inputs, day: date) -> tuple[date, dict[str, float]] | None:
    """Last day and amounts by category of the newest balance sheet by `day`, None without one.

    An amount of which a part has no exchange rate is NaN.
    """
    known = [closing for closing in inputs.sheet if closing <= day]
    if not known or (day - max(known)).days > LEDGER_HOLDS_DAYS:
        return None
    return max(known), {name: one.whole for name, one in inputs.sheet[max(known)].items()}


def _of_sheet(slug: str, inputs: Inputs, day: date) -> Figure:
    feed = inputs.ledger_feed
    found = newest_sheet(inputs, day)
    if found is None:
        begun = [closing for closing in inputs.sheet if closing <= day]
        said = f"The newest balance sheet by {day} is of {max(begun)}" if begun else (
            f"There is no balance sheet by {day}")  # fmt: skip
        return Figure(slug, None, f"{said}; {STEPS['ledger']}", feed.source, feed.as_of)
    lines = found[1]
    assets = sum(lines.get(name, 0.0) for name in CURRENT_ASSETS)
    if slug == "quick_ratio":
        assets -= lines.get("inventory", 0.0)
    owed = sum(lines.get(name, 0.0) for name in CURRENT_LIABILITIES)
    reason: str | None
    if math.isnan(assets + owed):
        reason = f"Lines of the balance sheet of {found[0]} have no exchange rate; {RATES}"
        return Figure(slug, None, reason, feed.source, feed.as_of, sample=feed.sample)
    if slug == "working_capital":
        value, reason = assets - owed, None
    elif owed <= 0:
        value, reason = None, f"There were no current liabilities on {found[0]} to divide by."
    else:
        value, reason = assets / owed, None
    return Figure(slug, value, reason, feed.source, feed.as_of, assets, owed, sample=feed.sample)


def runway(inputs: Inputs, day: date) -> Figure:
    """Cash / mean fall of cash over the last 3 full months, in months."""
    slug, track = "cash_runway", inputs.cash
    source, as_of, sample = track.feed.source, track.feed.as_of, track.feed.sample
    cash = track.at(day)
    if cash is None:
        return Figure(slug, None, track.reason(day), source, as_of, sample=sample)
    newest = last_full_month(day)
    ends = month_end(months_before(newest, BURN_MONTHS)), month_end(newest)
    opening, closing = map(track.at, ends)
    if opening is None or closing is None:
        reason = track.reason(ends[0] if opening is None else ends[1])
        if track.first is not None and track.first > ends[0]:
            reason = ("The burn needs bank balances of 3 full months, and they begin on "
                      f"{track.first}; import older ones.")  # fmt: skip
        return Figure(slug, None, reason, source, as_of, cash, sample=sample)
    burn = (opening - closing) / BURN_MONTHS
    if burn <= 0:
        reason = "Cash did not fall over the last 3 full months, so nothing is being burnt."
        return Figure(slug, None, reason, source, as_of, cash, burn, sample=sample)
    return Figure(slug, cash / burn, None, source, as_of, cash, burn, sample=sample)
