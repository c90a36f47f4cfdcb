"""Cash between two known balances, from the bank's movements, where these explain the difference.

Balances that a vendor tells are the truth. The days between two of them are filled only when the
movements between add up to their difference to the cent; else nothing is filled, as something is
missing among the movements.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from data import company
from data.ingest import finance
from data.ingest.dataset import note, remove, upsert
from data.integrations.records import BankMove

_BETWEEN = "between|"
_STORE = """
INSERT INTO bank_transactions
    (source, source_id, account, day, kind, amount, currency, rate, contact)
VALUES (:source, :id, :account, :day, :kind, :amount, :currency, :rate, :contact)
ON CONFLICT (source, source_id) DO UPDATE SET account = excluded.account, day = excluded.day,
    kind = excluded.kind, amount = excluded.amount, currency = excluded.currency,
    rate = excluded.rate, contact = excluded.contact, last_seen = now()
"""
_GONE = "DELETE FROM bank_transactions WHERE source = :source AND source_id = ANY(:ids)"
_FILL = """
WITH told AS (
    SELECT account, day, balance, currency, lead(day) OVER own AS next,
        lead(balance) OVER own AS next_balance
    FROM bank_balances WHERE source = :source AND NOT starts_with(source_id, :between)
    WINDOW own AS (PARTITION BY account ORDER BY day)
), moves AS (
    SELECT account, day, sum(amount) AS amount, min(currency) AS lowest, max(currency) AS highest
    FROM bank_transactions WHERE source = :source GROUP BY account, day
), whole AS (
    SELECT t.account, t.day, t.balance, t.currency, t.next FROM told t JOIN moves m
        ON m.account = t.account AND m.day > t.day AND m.day <= t.next
    WHERE t.next > t.day + 1
    GROUP BY t.account, t.day, t.balance, t.currency, t.next, t.next_balance
    HAVING abs(t.next_balance - t.balance - sum(m.amount)) < 0.005
        AND min(m.lowest) = t.currency AND max(m.highest) = t.currency
)
SELECT w.account, m.day, w.currency,
    w.balance + sum(m.amount) OVER (PARTITION BY w.account, w.day ORDER BY m.day) AS balance
FROM whole w JOIN moves m ON m.account = w.account AND m.day > w.day AND m.day < w.next
"""
_FILLED = (
    "SELECT source_id FROM bank_balances WHERE source = :source "
    "AND starts_with(source_id, :between)"
)


def take(opened: Connection, source: str, given: Sequence[BankMove]) -> None:
    """Store movements; those that were deleted or voided go."""
    gone = [each.id for each in given if each.void]
    if gone:
        opened.execute(text(_GONE), {"source": source, "ids": gone})
    kept = [_row(source, each) for each in given if not each.void]
    if kept:
        opened.execute(text(_STORE), kept)
    note(opened, "bank transactions", source)


def fill(opened: Connection, source: str) -> None:
    """Make the balances between known ones anew."""
    names = {"source": source, "between": _BETWEEN}
    rows = [dict(row) for row in opened.execute(text(_FILL), names).mappings()]
    for row in rows:
        row["source_id"] = f"{_BETWEEN}{row['account']}|{row['day']}"
    before = set(opened.execute(text(_FILLED), names).scalars())
    gone = before - {row["source_id"] for row in rows}
    if rows:
        upsert(opened, finance.BANK, source, rows)
    if gone:
        remove(opened, finance.BANK, source, sorted(gone))


def _row(source: str, each: BankMove) -> dict[str, Any]:
    own = each.currency == company.currency()
    return {
        "source": source,
        "id": each.id,
        "account": each.account,
        "day": each.on,
        "kind": each.kind,
        "amount": each.amount,
        "currency": each.currency,
        "rate": 1 if own or each.rate == 1 else 1 / each.rate,
        "contact": each.contact or None,
    }
