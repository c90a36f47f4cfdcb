"""Single bank transactions in the company's currency."""

from __future__ import annotations

from datetime import date

import pytest

from data import database as stored
from data.queries import bank

pytestmark = pytest.mark.usefixtures("database")
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))


def _moved(number: int, day: str, amount: str, currency: str, rate: str) -> None:
    stored.execute(
        "INSERT INTO bank_transactions (source, source_id, account, day, kind, amount, currency, "
        "rate) VALUES ('xero', :id, 'Current', CAST(:day AS date), 'SPEND', :amount, :currency, "
        "CAST(:rate AS numeric))",
        id=str(number), day=day, amount=amount, currency=currency, rate=rate,
    )  # fmt: skip


def test_a_transaction_converts_at_its_own_rate_else_at_the_days_and_never_at_one() -> None:
    stored.execute(
        "INSERT INTO fx_rates (base, quote, day, rate, source, source_id) "
        "VALUES ('USD', 'GBP', '2026-10-05', 0.8, 'csv', 'a')"
    )
    _moved(1, "2026-10-09", "-10", "GBP", "1")
    _moved(2, "2026-10-08", "-10", "EUR", "0.9")
    _moved(3, "2026-10-07", "-10", "USD", "1")
    _moved(4, "2026-10-06", "-10", "SEK", "1")
    _moved(5, "2026-09-30", "-10", "GBP", "1")
    found = bank.transactions(*OCTOBER)
    assert list(found["converted"])[:3] == [-10, -9, -8]
    assert found["converted"].isna().tolist() == [False, False, False, True]


def test_no_transaction_in_the_days_is_an_empty_frame() -> None:
    assert bank.transactions(*OCTOBER).empty
