"""rollup defaults: measures of which a file has none need not be sent, see data/ingest/load.py."""

from alembic import op

revision = "0021"
down_revision = "0020"

TABLES = ("sales_daily", "sales_daily_channel", "sales_daily_country")
MEASURES = (
    "orders", "known_orders", "returning_orders", "lines", "refund_lines", "uncosted_lines",
    "unfeed_lines", "gap_orders", "gap_lines", "units", "gross", "discounts", "tax", "shipping",
    "net", "refunds", "net_costed", "cogs", "fees", "net_with_fees",
)  # fmt: skip


def upgrade() -> None:
    """Nothing given is 0."""
    defaults = ", ".join(f"ALTER COLUMN {name} SET DEFAULT 0" for name in MEASURES)
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} {defaults}")
