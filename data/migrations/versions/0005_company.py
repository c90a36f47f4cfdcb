"""company: stock, purchasing, invoices, cash, ledger, production, deliveries, targets, notes."""

from alembic import op

revision = "0005"
down_revision = "0004"

# Every row says where it came from, what it is called there, and when it was last seen there.
ORIGIN = """
    source text NOT NULL,
    source_id text NOT NULL,
    last_seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, source_id)
"""

PRODUCTS = """
ALTER TABLE IF EXISTS products
    ADD COLUMN IF NOT EXISTS lead_time_days numeric(8, 2) CHECK (lead_time_days >= 0),
    ADD COLUMN IF NOT EXISTS minimum_order numeric(14, 3) CHECK (minimum_order >= 0),
    ADD COLUMN IF NOT EXISTS safety_stock numeric(14, 3) CHECK (safety_stock >= 0),
    ADD COLUMN IF NOT EXISTS reorder_point numeric(14, 3) CHECK (reorder_point >= 0),
    ADD COLUMN IF NOT EXISTS shelf_life_days integer CHECK (shelf_life_days > 0),
    ADD COLUMN IF NOT EXISTS order_cost numeric(14, 4) CHECK (order_cost >= 0);
CREATE TABLE product_costs (
    sku text NOT NULL,
    from_day date NOT NULL,
    until date NOT NULL DEFAULT 'infinity',
    cost numeric(18, 6) NOT NULL CHECK (cost >= 0),
    currency char(3) NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (sku, from_day)
);
CREATE INDEX product_costs_by_source ON product_costs (source);
"""

STOCK = f"""
CREATE TABLE stock_levels (
    sku text NOT NULL,
    location text NOT NULL,
    batch text NOT NULL,
    expires_on date,
    counted_on date NOT NULL,
    quantity numeric(14, 3) NOT NULL,
    {ORIGIN}
);
CREATE INDEX stock_levels_by_sku ON stock_levels (sku, counted_on);
CREATE TABLE stock_movements (
    sku text NOT NULL,
    location text NOT NULL,
    batch text NOT NULL,
    expires_on date,
    moved_on date NOT NULL,
    kind text NOT NULL,
    quantity numeric(14, 3) NOT NULL,
    {ORIGIN}
);
CREATE INDEX stock_movements_by_sku ON stock_movements (sku, moved_on);
CREATE TABLE stock_spans (
    sku text NOT NULL,
    location text NOT NULL,
    batch text NOT NULL,
    expires_on date,
    from_day date NOT NULL,
    until date NOT NULL,
    quantity numeric(14, 3) NOT NULL
);
COMMENT ON TABLE stock_spans IS
    'What was on hand from from_day to the day before until; made from levels and movements.';
CREATE INDEX stock_spans_by_sku ON stock_spans (sku);
CREATE INDEX stock_spans_by_day ON stock_spans USING gist (daterange(from_day, until));
CREATE TABLE stock_changes (
    sku text NOT NULL,
    day date NOT NULL,
    quantity numeric(14, 3) NOT NULL,
    value numeric(20, 4),
    PRIMARY KEY (sku, day)
);
COMMENT ON TABLE stock_changes IS
    'By how much on-hand quantity and its value at cost (company currency) changed that day.';
CREATE TABLE purchase_orders (
    supplier text,
    sku text NOT NULL,
    location text NOT NULL,
    ordered_on date NOT NULL,
    expected_on date,
    received_on date,
    quantity numeric(14, 3) NOT NULL CHECK (quantity > 0),
    received_quantity numeric(14, 3) NOT NULL DEFAULT 0 CHECK (received_quantity >= 0),
    unit_cost numeric(18, 6) CHECK (unit_cost >= 0),
    currency char(3),
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'received', 'cancelled')),
    {ORIGIN}
);
CREATE INDEX purchase_orders_by_sku ON purchase_orders (sku) WHERE status = 'open';
"""

INVOICES = f"""
CREATE TABLE invoices (
    direction text NOT NULL CHECK (direction IN ('receivable', 'payable')),
    kind text NOT NULL DEFAULT 'invoice' CHECK (kind IN ('invoice', 'credit_note')),
    number text,
    contact text,
    issued_on date NOT NULL,
    due_on date,
    paid_on date,
    total numeric(18, 4) NOT NULL CHECK (total >= 0),
    currency char(3) NOT NULL,
    rate numeric(20, 10) CHECK (rate > 0),
    given_rate numeric(20, 10) CHECK (given_rate > 0),
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'void')),
    settled_on date,
    {ORIGIN}
);
COMMENT ON COLUMN invoices.settled_on IS 'From this day on nothing is open; kept with payments.';
COMMENT ON COLUMN invoices.rate IS
    'Company currency for one of currency on issued_on; null when none is known: a gap.';
COMMENT ON COLUMN invoices.given_rate IS 'The rate the source itself gave, which wins.';
CREATE INDEX invoices_by_issue ON invoices (direction, issued_on);
CREATE INDEX invoices_open ON invoices (direction, settled_on);
CREATE INDEX invoices_unconverted ON invoices (currency, issued_on) WHERE rate IS NULL;
CREATE TABLE invoice_payments (
    invoice_id text NOT NULL,
    paid_on date NOT NULL,
    amount numeric(18, 4) NOT NULL,
    credit_id text,
    {ORIGIN}
);
COMMENT ON COLUMN invoice_payments.credit_id IS
    'The credit note that settles the invoice here instead of money.';
CREATE INDEX invoice_payments_by_invoice ON invoice_payments (source, invoice_id);
CREATE INDEX invoice_payments_by_credit ON invoice_payments (source, credit_id)
    WHERE credit_id IS NOT NULL;
CREATE TABLE open_balance_changes (
    direction text NOT NULL,
    day date NOT NULL,
    change numeric(20, 4) NOT NULL,
    PRIMARY KEY (direction, day)
);
COMMENT ON TABLE open_balance_changes IS
    'By how much what is owed changed that day, company currency; kept with invoices, payments.';
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

MONEY = f"""
CREATE TABLE bank_balances (
    account text NOT NULL,
    day date NOT NULL,
    balance numeric(20, 4) NOT NULL,
    currency char(3) NOT NULL,
    {ORIGIN}
);
CREATE INDEX bank_balances_by_account ON bank_balances (source, account, day DESC);
CREATE TABLE ledger_lines (
    statement text NOT NULL CHECK (statement IN ('profit_and_loss', 'balance_sheet')),
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    category text NOT NULL,
    account text NOT NULL,
    amount numeric(20, 4) NOT NULL,
    currency char(3) NOT NULL,
    {ORIGIN}
);
CREATE INDEX ledger_lines_by_month ON ledger_lines (statement, month, category);
"""

PRODUCTION = f"""
CREATE TABLE production_lines (
    code text PRIMARY KEY,
    title text NOT NULL,
    source text NOT NULL
);
CREATE TABLE production_runs (
    line text NOT NULL,
    shift text NOT NULL,
    sku text,
    day date NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL CHECK (ended_at > started_at),
    ideal_cycle_s numeric(12, 4) CHECK (ideal_cycle_s > 0),
    total_count numeric(14, 3) CHECK (total_count >= 0),
    good_count numeric(14, 3) CHECK (good_count >= 0),
    reworked_count numeric(14, 3) NOT NULL DEFAULT 0 CHECK (reworked_count >= 0),
    entered_by text,
    {ORIGIN},
    CHECK (good_count <= total_count AND reworked_count <= good_count)
);
COMMENT ON COLUMN production_runs.good_count IS 'Good in the end; reworked units among them.';
CREATE INDEX production_runs_by_day ON production_runs (day, line);
CREATE TABLE production_stops (
    line text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz CHECK (ended_at > started_at),
    reason text NOT NULL CHECK (reason IN ('breakdown', 'planned maintenance', 'changeover',
        'start-up', 'no material', 'no operator', 'other')),
    note text,
    entered_by text,
    {ORIGIN}
);
CREATE INDEX production_stops_by_line ON production_stops (line, started_at);
CREATE INDEX production_stops_standing ON production_stops (line) WHERE ended_at IS NULL;
CREATE TABLE deliveries (
    order_id text NOT NULL,
    promised_on date,
    delivered_on date,
    {ORIGIN}
);
CREATE INDEX deliveries_by_day ON deliveries (delivered_on);
"""

STEERING = """
CREATE TABLE feeds (
    dataset text NOT NULL,
    source text NOT NULL,
    last_seen timestamptz NOT NULL,
    PRIMARY KEY (dataset, source)
);
COMMENT ON TABLE feeds IS 'Which source each dataset has rows of, and when it was last read.';
CREATE TABLE kpi_targets (
    kpi text NOT NULL,
    from_day date NOT NULL,
    target double precision,
    warning double precision,
    critical double precision,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (kpi, from_day, set_at)
);
CREATE TABLE annotations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    from_day date NOT NULL,
    to_day date NOT NULL CHECK (to_day >= from_day),
    kpi text,
    note text NOT NULL CHECK (length(note) BETWEEN 1 AND 500),
    author text NOT NULL,
    source text NOT NULL DEFAULT 'app',
    written_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX annotations_by_day ON annotations (to_day, from_day);
"""


def upgrade() -> None:
    for part in (PRODUCTS, STOCK, INVOICES, MONEY, PRODUCTION, STEERING):
        op.execute(part)
