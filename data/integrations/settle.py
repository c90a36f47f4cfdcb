"""What the books say is open, where the payments known do not explain it.

A document whose vendor tells a smaller open balance than its payments and credits leave is settled
by the rest, on the day the vendor changed it. A larger one is left alone: a payment may have been
read after the document.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from data import company
from data.ingest import finance
from data.ingest.dataset import remove, upsert
from data.integrations.records import Document

_STORE = """
INSERT INTO document_balances (source, source_id, open, as_of, net)
VALUES (:source, :id, :open, :as_of, :net)
ON CONFLICT (source, source_id) DO UPDATE SET
    open = excluded.open, as_of = excluded.as_of, net = excluded.net
"""
_RESTS = """
WITH computed AS (
    SELECT e.source_id, sum(e.amount) * CASE i.kind WHEN 'invoice' THEN 1 ELSE -1 END AS open
    FROM invoice_events e JOIN invoices i ON i.source = e.source AND i.source_id = e.source_id
    WHERE e.source = :source GROUP BY e.source_id, i.kind
)
SELECT b.source_id, b.as_of, COALESCE(p.amount, 0) AS known,
    GREATEST(COALESCE(p.amount, 0) + c.open - b.open, 0) AS rest
FROM document_balances b JOIN computed c USING (source_id)
LEFT JOIN invoice_payments p ON p.source = b.source AND p.source_id = 'rest|' || b.source_id
WHERE b.source = :source AND abs(c.open - b.open) >= 0.005
"""


def remember(opened: Connection, source: str, given: Sequence[Document]) -> None:
    """Store what the vendor says is open of documents that count."""
    rows = [
        {
            "source": source,
            "id": each.id,
            "open": each.open,
            "net": each.total - each.tax,
            "as_of": max(each.issued, company.today(each.updated_at)),
        }
        for each in given
        if not each.void and each.open is not None
    ]
    if rows:
        opened.execute(text(_STORE), rows)


def rests(opened: Connection, source: str) -> int:
    """Settle what is not explained; returns how many documents changed."""
    found = opened.execute(text(_RESTS), {"source": source}).mappings().all()
    rows = [
        {
            "payment_id": f"rest|{row['source_id']}",
            "source_id": f"rest|{row['source_id']}",
            "invoice_id": row["source_id"],
            "paid_on": row["as_of"],
            "amount": row["rest"],
        }
        for row in found
        if row["rest"] and row["rest"] != row["known"]
    ]
    gone = [f"rest|{row['source_id']}" for row in found if row["known"] and not row["rest"]]
    if rows:
        upsert(opened, finance.PAYMENTS, source, rows)
    if gone:
        remove(opened, finance.PAYMENTS, source, gone)
    return len(rows) + len(gone)
