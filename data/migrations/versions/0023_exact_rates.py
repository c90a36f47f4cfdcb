"""exact rates: a rate keeps every digit, as ten decimals blur one to a currency of small units."""

from alembic import op

revision = "0023"
down_revision = "0022"

COLUMNS = {"invoices": ("rate", "given_rate"), "bank_transactions": ("rate",)}
# A view holds on to the type of its columns: it is made again as it was.
EVENTS = """
CREATE VIEW invoice_events AS
    SELECT i.source, i.source_id, i.direction, i.issued_on AS day, i.rate,
           CASE i.kind WHEN 'invoice' THEN i.total ELSE -i.total END AS amount
      FROM invoices i WHERE i.status <> 'void'
    UNION ALL
    SELECT i.source, i.source_id, i.direction, p.paid_on, i.rate,
           CASE i.kind WHEN 'invoice' THEN -p.amount ELSE p.amount END
      FROM invoices i JOIN invoice_payments p
        ON p.source = i.source AND i.source_id = p.invoice_id
     WHERE i.status <> 'void'
    UNION ALL
    SELECT i.source, i.source_id, i.direction, p.paid_on, i.rate, p.amount
      FROM invoices i JOIN invoice_payments p
        ON p.source = i.source AND i.source_id = p.credit_id
     WHERE i.status <> 'void'
    UNION ALL
    SELECT i.source, i.source_id, i.direction, i.paid_on, i.rate,
           (CASE i.kind WHEN 'invoice' THEN -1 ELSE 1 END) * (i.total - coalesce(
               (SELECT sum(p.amount) FROM invoice_payments p
                 WHERE p.source = i.source
                   AND i.source_id IN (p.invoice_id, p.credit_id)), 0))
      FROM invoices i WHERE i.status <> 'void' AND i.paid_on IS NOT NULL;
COMMENT ON VIEW invoice_events IS
    'What changes the open balance of a document, on its day, in its currency.';
"""


def upgrade() -> None:
    """Widen the columns; no row is written again for it."""
    op.execute("DROP VIEW invoice_events")
    for table, columns in COLUMNS.items():
        changes = ", ".join(f"ALTER COLUMN {name} TYPE numeric" for name in columns)
        op.execute(f"ALTER TABLE {table} {changes}")
    op.execute(EVENTS)
