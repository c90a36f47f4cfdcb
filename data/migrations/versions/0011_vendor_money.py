"""vendor money: fees and refunds by transaction, bank transactions, the newest stock counts."""

from alembic import op

revision = "0011"
down_revision = "0010"

CHARGES = """
CREATE TABLE order_charges (
    source text COLLATE "C" NOT NULL,
    transaction_id text COLLATE "C" NOT NULL,
    item integer NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('sale', 'refund')),
    posted_at timestamptz NOT NULL,
    sku text COLLATE "C",
    fees numeric,
    goods numeric NOT NULL DEFAULT 0,
    tax numeric NOT NULL DEFAULT 0,
    shipping numeric NOT NULL DEFAULT 0,
    currency char(3) NOT NULL,
    releases text COLLATE "C",
    last_seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, transaction_id, item)
);
COMMENT ON TABLE order_charges IS
    'What a marketplace charged and gave back for an order, one row an item of a transaction.';
COMMENT ON COLUMN order_charges.fees IS 'Kept by the marketplace; negative: given back.';
COMMENT ON COLUMN order_charges.goods IS 'Given back to the customer, without tax and shipping.';
COMMENT ON COLUMN order_charges.releases IS
    'The deferred transaction whose money this one releases; counted once.';
CREATE INDEX order_charges_by_order ON order_charges (source, order_id);
"""

BANK = """
CREATE TABLE bank_transactions (
    source text COLLATE "C" NOT NULL,
    source_id text COLLATE "C" NOT NULL,
    account text NOT NULL,
    day date NOT NULL,
    kind text NOT NULL,
    amount numeric(20, 4) NOT NULL,
    currency char(3) NOT NULL,
    rate numeric(20, 10) CHECK (rate > 0),
    contact text,
    last_seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, source_id)
);
COMMENT ON COLUMN bank_transactions.amount IS 'Into the account; negative: out of it.';
COMMENT ON COLUMN bank_transactions.account IS 'The name its balances bear in bank_balances.';
CREATE INDEX bank_transactions_by_day ON bank_transactions (source, account, day);
"""

STOCK = "CREATE INDEX stock_levels_by_source ON stock_levels (source, counted_on)"


def upgrade() -> None:
    """Create the tables."""
    for part in (CHARGES, BANK, STOCK):
        op.execute(part)
