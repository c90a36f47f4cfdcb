"""customer bounds: what the greatest customers of a month bought, and each one's days by name."""

from alembic import op

revision = "0022"
down_revision = "0021"

# Months are made again by the worker, newest first; until then they are read from the days.
BOUNDS = """
DELETE FROM customer_months_made;
DELETE FROM customer_heads;
ALTER TABLE customer_heads ADD COLUMN net numeric NOT NULL;
COMMENT ON COLUMN customer_heads.net IS
    'What the customer bought at most in any days of the month, refunds aside.';
CREATE INDEX customer_days_by_customer ON customer_days (customer_id, day);
"""


def upgrade() -> None:
    """Make room for the bounds and forget the months that have none."""
    op.execute(BOUNDS)
