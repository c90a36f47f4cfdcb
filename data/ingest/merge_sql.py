"""The SQL of a merge, in the order it runs: `data.ingest.merge` says what each part is for."""

from __future__ import annotations

STAGING = """
CREATE TEMP TABLE in_orders (
    order_id text COLLATE "C" NOT NULL, ordered_at timestamptz NOT NULL,
    channel text COLLATE "C" NOT NULL, customer_id text COLLATE "C",
    country text COLLATE "C" NOT NULL, status text, counted boolean NOT NULL,
    taxes_included boolean NOT NULL, differing boolean NOT NULL DEFAULT false,
    position bigint NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE in_runs (
    run bigint NOT NULL, order_id text COLLATE "C" NOT NULL, ordered_at timestamptz,
    channel text COLLATE "C", customer_id text COLLATE "C", country text COLLATE "C",
    status text COLLATE "C", counted boolean, differing boolean
) ON COMMIT DROP;
CREATE TEMP TABLE in_lines (
    position bigint NOT NULL, run bigint NOT NULL, sku text COLLATE "C" NOT NULL,
    quantity numeric NOT NULL, unit_price numeric NOT NULL, discount numeric NOT NULL,
    tax numeric NOT NULL, shipping numeric NOT NULL, refunded numeric, refunded_at timestamptz,
    currency text COLLATE "C" NOT NULL, unit_cost numeric, counted boolean NOT NULL,
    fees numeric, line_id text
) ON COMMIT DROP;
CREATE TEMP TABLE in_refunds (
    order_id text COLLATE "C" NOT NULL, refund_id text COLLATE "C" NOT NULL,
    sku text COLLATE "C", refunded_at timestamptz NOT NULL, amount numeric NOT NULL,
    tax numeric NOT NULL, shipping numeric NOT NULL, currency text COLLATE "C" NOT NULL,
    costed boolean NOT NULL, with_fees boolean NOT NULL, counted boolean NOT NULL
) ON COMMIT DROP
"""

# A sync may merge several pages in one transaction.
FORGET = "".join(
    f"DROP TABLE IF EXISTS pg_temp.{name};"
    for name in ("in_orders", "in_runs", "in_lines", "in_refunds", "in_rates", "in_customers",
                 "merged", "merged_runs", "changed", "firsts", "flipped")
)  # fmt: skip

PARTIES = (
    "INSERT INTO products (sku, source) SELECT DISTINCT sku, :source FROM in_lines "
    "WHERE sku IS NOT NULL ON CONFLICT (sku) DO UPDATE SET last_seen = now()",
    # A new customer's first order is known from the file; of known ones it is settled in firsts.
    'CREATE TEMP TABLE in_customers (id bigint, customer_id text COLLATE "C", fresh boolean, '
    "first_ordered_at timestamptz) ON COMMIT DROP",
    "WITH taken AS (INSERT INTO customers (source, source_id, country, first_ordered_at) "
    "SELECT :source, customer_id, max(nullif(country, '')), "
    "min(ordered_at) FILTER (WHERE counted) "
    "FROM in_orders WHERE customer_id IS NOT NULL GROUP BY customer_id "
    "ON CONFLICT (source, source_id) DO UPDATE SET last_seen = now(), "
    "country = coalesce(excluded.country, customers.country) "
    "RETURNING id, source_id, xmax = 0 AS fresh, first_ordered_at) "
    "INSERT INTO in_customers SELECT * FROM taken",
    "ANALYZE in_customers",
)

# Numbered in the source's own order, so that days lie together on disk.
MERGED = """
CREATE TEMP TABLE merged ON COMMIT DROP AS
SELECT coalesce(o.id, nextval(pg_get_serial_sequence('orders', 'id'))) AS id,
    o.id IS NOT NULL AS existed, n.order_id, n.ordered_at, n.channel, n.country, n.status,
    n.counted, n.taxes_included, c.id AS customer_id, c.fresh, c.first_ordered_at,
    o.customer_id AS old_customer_id,
    (n.ordered_at AT TIME ZONE :zone)::date AS day,
    extract(hour FROM n.ordered_at AT TIME ZONE :zone)::smallint AS hour
FROM in_orders n
LEFT JOIN orders o ON o.source = :source AND o.source_id = n.order_id
LEFT JOIN in_customers c ON c.customer_id = n.customer_id
ORDER BY n.position
"""

# Which order the lines of each run belong to, as narrow as can be.
RUNS = """
CREATE TEMP TABLE merged_runs ON COMMIT DROP AS
SELECT r.run, m.id, m.day, m.existed FROM in_runs r JOIN merged m ON m.order_id = r.order_id
"""

RATES = """
CREATE TEMP TABLE in_rates ON COMMIT DROP AS
SELECT day, currency, fx_rate(currency, :company, day) AS rate FROM (
    SELECT m.day, l.currency FROM (SELECT DISTINCT day FROM merged) m
    CROSS JOIN (SELECT DISTINCT currency FROM in_lines) l
    UNION
    SELECT (refunded_at AT TIME ZONE :zone)::date, currency FROM in_refunds
) wanted
"""

_LINE = (
    "order_id, line, product_id, source_id, quantity, unit_price, discount, tax, shipping, "
    "unit_cost, fees, currency, rate, counted, first_of_order, first_of_product"
)
_NUMBERED = """
SELECT m.id AS order_id, (row_number() OVER one_order)::integer AS line, p.id AS product_id,
    l.line_id AS source_id, l.quantity AS quantity,
    l.unit_price AS unit_price, l.discount AS discount,
    l.tax AS tax, l.shipping AS shipping,
    l.unit_cost AS unit_cost, l.fees AS fees,
    l.currency::char(3) AS currency, r.rate AS rate, l.counted,
    l.counted AND row_number() OVER one_order = 1 AS first_of_order,
    l.counted AND lag(p.id) OVER one_order IS DISTINCT FROM p.id AS first_of_product
FROM in_lines l
JOIN merged_runs m ON m.run = l.run
JOIN products p ON p.sku = l.sku
JOIN in_rates r ON r.day = m.day AND r.currency = l.currency
{where}
WINDOW one_order AS (PARTITION BY m.id ORDER BY l.counted DESC, p.id, l.position)
"""
_REFUND = (
    "order_id, source_id, product_id, refunded_at, day, hour, amount, tax, shipping, currency, "
    "rate, costed, with_fees, counted"
)
_REFUNDED = """
SELECT m.id AS order_id, f.refund_id AS source_id, coalesce(p.id, 0) AS product_id,
    f.refunded_at, (f.refunded_at AT TIME ZONE :zone)::date AS day,
    extract(hour FROM f.refunded_at AT TIME ZONE :zone)::smallint AS hour,
    f.amount AS amount, f.tax AS tax,
    f.shipping AS shipping, f.currency::char(3) AS currency,
    r.rate AS rate, f.costed, f.with_fees, f.counted
FROM in_refunds f
JOIN merged m ON m.order_id = f.order_id
LEFT JOIN products p ON p.sku = f.sku
JOIN in_rates r ON r.day = (f.refunded_at AT TIME ZONE :zone)::date AND r.currency = f.currency
{where}
"""

CHANGED = f"""
CREATE TEMP TABLE changed ON COMMIT DROP AS
WITH known AS (SELECT id FROM merged WHERE existed),
old_lines AS (SELECT {_LINE} FROM order_lines WHERE order_id IN (SELECT id FROM known)),
new_lines AS ({_NUMBERED.format(where="WHERE m.existed")}),
old_refunds AS (SELECT {_REFUND} FROM refunds WHERE order_id IN (SELECT id FROM known)),
new_refunds AS ({_REFUNDED.format(where="WHERE m.existed")})
SELECT m.id FROM merged m JOIN orders o ON o.id = m.id
WHERE (o.ordered_at, o.channel, o.country, o.status, o.counted, o.taxes_included, o.customer_id)
    IS DISTINCT FROM
    (m.ordered_at, m.channel, m.country, m.status, m.counted, m.taxes_included, m.customer_id)
UNION SELECT order_id FROM (
    (SELECT {_LINE} FROM old_lines EXCEPT SELECT {_LINE} FROM new_lines)
    UNION ALL (SELECT {_LINE} FROM new_lines EXCEPT SELECT {_LINE} FROM old_lines)) l
UNION SELECT order_id FROM (
    (SELECT {_REFUND} FROM old_refunds EXCEPT SELECT {_REFUND} FROM new_refunds)
    UNION ALL (SELECT {_REFUND} FROM new_refunds EXCEPT SELECT {_REFUND} FROM old_refunds)) f
"""

# The first counted order of each known customer whose orders change, before and afterwards. It is
# looked up among the stored orders only where one of the customer's stored orders is replaced.
FIRSTS = """
CREATE TEMP TABLE firsts ON COMMIT DROP AS
WITH touched AS (
    SELECT customer_id, bool_or(existed) AS replaced FROM (
        SELECT customer_id, existed FROM merged WHERE NOT fresh
        UNION ALL SELECT old_customer_id, true FROM merged WHERE old_customer_id IS NOT NULL
    ) each_order GROUP BY customer_id
), coming AS (
    SELECT customer_id, min(ordered_at) AS at FROM merged WHERE counted AND NOT fresh
    GROUP BY customer_id
)
SELECT t.customer_id, c.first_ordered_at AS before,
    least(CASE WHEN t.replaced THEN kept.at ELSE c.first_ordered_at END, coming.at)
        AS first_ordered_at
FROM touched t JOIN customers c ON c.id = t.customer_id
LEFT JOIN coming ON coming.customer_id = t.customer_id
LEFT JOIN LATERAL (
    SELECT o.ordered_at AS at FROM orders o
    WHERE t.replaced AND o.customer_id = t.customer_id AND o.counted
        AND o.id NOT IN (SELECT id FROM merged WHERE existed)
    ORDER BY o.ordered_at LIMIT 1
) kept ON true
"""
FLIPPED = """
CREATE TEMP TABLE flipped ON COMMIT DROP AS
SELECT o.id, o.ordered_at > f.first_ordered_at AS returning_customer
FROM firsts f JOIN orders o ON o.customer_id = f.customer_id
WHERE f.before IS DISTINCT FROM f.first_ordered_at AND o.counted
    AND o.returning_customer IS DISTINCT FROM (o.ordered_at > f.first_ordered_at)
    AND {excluded}
"""
REPLACED = "o.id NOT IN (SELECT id FROM merged WHERE existed)"
STORED = "IN (SELECT id FROM merged WHERE existed UNION ALL SELECT id FROM flipped)"

_ORDER = (
    "ordered_at, day, hour, channel, country, customer_id, status, counted, taxes_included, "
    "returning_customer"
)
_ORDERED = (
    "m.ordered_at, m.day, m.hour, m.channel, m.country, m.customer_id, m.status, m.counted, "
    "m.taxes_included, CASE WHEN m.counted THEN m.ordered_at > "
    "CASE WHEN m.fresh THEN m.first_ordered_at ELSE f.first_ordered_at END END"
)
FLIP = (
    "UPDATE customers c SET first_ordered_at = f.first_ordered_at FROM firsts f "
    "WHERE c.id = f.customer_id AND f.before IS DISTINCT FROM f.first_ordered_at",
    "UPDATE orders o SET returning_customer = f.returning_customer FROM flipped f "
    "WHERE o.id = f.id",
    # Whoever began in another month than was known belongs to another cohort ever after.
    "DELETE FROM customer_months_made WHERE month >= (SELECT date_trunc('month', "
    "min(least(before, first_ordered_at)) AT TIME ZONE (SELECT zone FROM sales_state))::date "
    "FROM firsts WHERE before IS DISTINCT FROM first_ordered_at)",
)
WRITE = (
    "DELETE FROM order_lines WHERE order_id IN (SELECT id FROM merged WHERE existed)",
    "DELETE FROM refunds WHERE order_id IN (SELECT id FROM merged WHERE existed)",
    f"UPDATE orders o SET ({_ORDER}, last_seen) = ({_ORDERED}, now()) FROM merged m "
    "LEFT JOIN firsts f ON f.customer_id = m.customer_id WHERE m.existed AND o.id = m.id",
    f"INSERT INTO orders (id, source, source_id, {_ORDER}) "
    f"SELECT m.id, :source, m.order_id, {_ORDERED} FROM merged m "
    "LEFT JOIN firsts f ON f.customer_id = m.customer_id WHERE NOT m.existed ORDER BY m.id",
    f"INSERT INTO order_lines ({_LINE}) {_NUMBERED.format(where='')}",
    f"INSERT INTO refunds ({_REFUND}) {_REFUNDED.format(where='')}",
    *FLIP,
)
SEEN = (
    "INSERT INTO sales_sources (source, last_seen, sample) VALUES (:source, now(), :sample) "
    "ON CONFLICT (source) DO UPDATE SET last_seen = excluded.last_seen"
)
