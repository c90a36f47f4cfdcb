"""Exchange rates that documents carry, kept for days that no other source has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import text

from data import company, database
from data.ingest.dataset import upsert
from data.ingest.rates import RATES
from data.integrations.records import Document, Record

_KNOWN = """
SELECT base, day FROM fx_rates
WHERE quote = :company AND base = ANY(:currencies) AND day = ANY(:days)
"""


def remember(source: str, records: Sequence[Record]) -> int:
    """Store the rates of documents in other currencies; returns how many were new.

    Its own transaction, before the page's: orders and invoices are converted anew here, and two
    locks taken in another order than an import of rates takes them would wait for each other.
    """
    found = _found(records)
    if not found:
        return 0
    own = company.currency()
    names = {
        "company": own,
        "currencies": sorted({currency for currency, _ in found}),
        "days": sorted({day for _, day in found}),
    }
    with database.transaction() as opened:
        known = {(row.base, row.day) for row in opened.execute(text(_KNOWN), names)}
        rows = [
            {"day": day, "currency": currency, "rate": rate, "quote": own}
            for (currency, day), rate in sorted(found.items())
            if (currency, day) not in known
        ]
        if rows:
            upsert(opened, RATES, source, rows)
    return len(rows)


def _found(records: Sequence[Record]) -> dict[tuple[str, date], Decimal]:
    own = company.currency()
    return {
        (each.currency, each.issued): rate
        for each in records
        if isinstance(each, Document) and each.currency != own and not each.void
        if (rate := each.company_rate(own)) is not None
    }
