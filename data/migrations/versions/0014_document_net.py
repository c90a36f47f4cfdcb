"""document net: what a document is for without tax, to compare with the books' revenue."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE document_balances ADD COLUMN net numeric(18, 4)")
    op.execute(
        "COMMENT ON COLUMN document_balances.net IS "
        "'Its total without tax, in its currency; null until it is read again.'"
    )
