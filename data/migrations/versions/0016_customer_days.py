"""customer days: what each customer bought by day, and who came back by month."""

from alembic import op

revision = "0016"
down_revision = "0015"

# Filled by the worker after the start, newest days first; until then they are read from orders.
DAYS = """
CREATE TABLE customer_days (
    day date NOT NULL,
    customer_id bigint NOT NULL,
    orders integer NOT NULL,
    channel text COLLATE "C" NOT NULL,
    country text COLLATE "C" NOT NULL,
    returning_customer boolean,
    net numeric
);
CREATE INDEX customer_days_by_day ON customer_days (day);
COMMENT ON COLUMN customer_days.net IS
    'Net revenue in company currency, refunds on their own day; null when no rate is known.';
CREATE TABLE customer_days_made (day date PRIMARY KEY);
COMMENT ON TABLE customer_days_made IS
    'Days that customer_days is true of; a change of a day''s orders takes the day out.';
"""
MONTHS = """
CREATE TABLE cohort_counts (
    month date NOT NULL,
    cohort date NOT NULL,
    customers bigint NOT NULL,
    PRIMARY KEY (month, cohort)
);
COMMENT ON TABLE cohort_counts IS
    'How many customers ordered in a month, by the month of their first order.';
CREATE TABLE customer_heads (
    month date NOT NULL,
    customer_id bigint NOT NULL,
    PRIMARY KEY (month, customer_id)
);
COMMENT ON TABLE customer_heads IS 'The customers who bought most in a month, refunds aside.';
CREATE TABLE customer_months_made (month date PRIMARY KEY, rest numeric NOT NULL);
COMMENT ON COLUMN customer_months_made.rest IS
    'What each customer outside customer_heads bought at most, refunds aside.';
"""


def upgrade() -> None:
    """Create the tables, empty."""
    op.execute(DAYS)
    op.execute(MONTHS)
