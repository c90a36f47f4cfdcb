"""Money into and out of bank accounts, one transaction at a time."""

from __future__ import annotations

from datetime import date

import pandas as pd

from data import company, database, fx

_MOST = 5_000


def transactions(start: date, end: date) -> pd.DataFrame:
    """Transactions of the company days, newest first, the first 5,000 of them.

    day, account, kind, contact, amount (the account's currency; negative: out of it), currency,
    converted (company currency, at the source's own rate where it gave one, else at the day's; NaN
    without any), source.
    """
    frame: pd.DataFrame = database.frame(
        "SELECT day, account, kind, contact, amount::float8 AS amount, currency, "
        # A stored rate of 1 is what a source that gives none leaves.
        f"(amount * coalesce(nullif(rate, 1), {fx.rate('currency', 'day')}))::float8 AS converted, "
        "source "
        "FROM bank_transactions WHERE day BETWEEN :start AND :end "
        "ORDER BY day DESC, account, source_id LIMIT :most",
        start=start, end=end, company=company.currency(), most=_MOST,
    )  # fmt: skip
    return frame.astype({"converted": "float64", "amount": "float64"})
