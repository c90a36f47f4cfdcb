"""Daily roll-ups of sales: kept by differences, and rebuilt from the rows when asked.

A change of orders goes: `begin_delta`, `add_delta(-1)` over the orders as they stand, the change,
`add_delta(+1)` over them as they are then, `apply_delta`. Amounts are exact decimals, so that
what was added once is taken away to the last digit.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text

from data import company, database

# Measure → what a group of lines and refunds adds to it; `{first}` marks a line that stands for
# its order in the roll-up, money is multiplied by the group's rate.
_COUNTS = {
    "orders": "count(*) FILTER (WHERE {first})",
    "known_orders": "count(*) FILTER (WHERE {first} AND known)",
    "returning_orders": "count(*) FILTER (WHERE {first} AND segment = 'returning')",
    "lines": "count(*) FILTER (WHERE line)",
    "refund_lines": "count(*) FILTER (WHERE NOT line)",
    "uncosted_lines": "count(*) FILTER (WHERE line AND NOT costed)",
    "unfeed_lines": "count(*) FILTER (WHERE line AND NOT with_fees)",
    "units": "coalesce(sum(units), 0)",
}
_MONEY = {
    name: f"coalesce(sum({sql}), 0)"
    for name, sql in {
        "gross": "gross",
        "discounts": "discounts",
        "tax": "tax",
        "shipping": "shipping",
        "net": "net",
        "refunds": "refunds",
        "net_costed": "CASE WHEN costed THEN net END",
        "cogs": "cogs",
        "fees": "fees",
        "net_with_fees": "CASE WHEN with_fees THEN net END",
    }.items()
}
MEASURES = (*_COUNTS, "gap_orders", "gap_lines", *_MONEY)
ROLLUPS = ("sales_daily", "sales_daily_channel", "sales_daily_country")
_ALL = (*ROLLUPS, "sales_hourly")
_KEYS = {
    "sales_daily": "day, channel, product_id",
    "sales_daily_channel": "day, channel",
    "sales_daily_country": "day, channel, country, segment",
    "sales_hourly": "day, hour, channel",
}

# What each counted line and refund adds to its day, in its own currency.
_SEGMENT = (
    "CASE WHEN o.returning_customer THEN 'returning' "
    "WHEN o.returning_customer IS NULL THEN 'unknown' ELSE 'new' END AS segment"
)
_CONTRIBUTIONS = f"""
SELECT o.day, o.channel, o.country, {_SEGMENT}, o.customer_id IS NOT NULL AS known,
    l.product_id, l.rate, true AS line, l.first_of_order, l.first_of_product,
    l.quantity AS units, l.quantity * l.unit_price AS gross, l.discount AS discounts, l.tax,
    l.shipping, l.quantity * l.unit_price - l.discount
        - CASE WHEN o.taxes_included THEN l.tax ELSE 0 END AS net,
    NULL::numeric AS refunds, l.unit_cost IS NOT NULL AS costed,
    l.quantity * l.unit_cost AS cogs, l.fees IS NOT NULL AS with_fees, l.fees
FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE l.counted AND o.id {{which}} AND l.order_id {{which}}
UNION ALL
SELECT r.day, o.channel, o.country, {_SEGMENT}, o.customer_id IS NOT NULL,
    r.product_id, r.rate, false, false, false,
    NULL, NULL, NULL, -r.tax, -r.shipping, -r.amount, r.amount, r.costed, NULL, r.with_fees, NULL
FROM orders o JOIN refunds r ON r.order_id = o.id
WHERE r.counted AND o.id {{which}} AND r.order_id {{which}}
"""


class StaleRollups(Exception):
    """The settings name another zone or currency than the roll-ups; its text is one sentence."""


def begin_delta(opened: Connection) -> None:
    """Empty tables of the transaction that collect differences."""
    for table in _ALL:
        opened.execute(text(f"DROP TABLE IF EXISTS pg_temp.delta_{table}"))
        opened.execute(
            text(
                f"CREATE TEMP TABLE delta_{table} ON COMMIT DROP AS "
                f"SELECT *, 1 AS sign FROM {table} LIMIT 0"
            )
        )


def add_delta(opened: Connection, sign: int, which: str = "IS NOT NULL") -> None:
    """Add (sign 1) or take away (sign -1) what orders contribute as they stand.

    `which`: the SQL condition on order ids that follows the column's name.
    """
    for table, first in (("sales_daily", "first_of_product"),
                         ("sales_daily_country", "first_of_order")):  # fmt: skip
        _add_measures(opened, table, first, sign, which)
    opened.execute(
        text(
            f"INSERT INTO delta_sales_hourly SELECT day, hour, channel, count(*), {sign} "
            f"FROM orders WHERE counted AND id {which} GROUP BY day, hour, channel"
        )
    )


def _add_measures(opened: Connection, table: str, first: str, sign: int, which: str) -> None:
    """Sum by group and rate, then convert: a sum is multiplied once, not each line.

    CREATE TABLE AS, because PostgreSQL reads for it on several cores and not for INSERT.
    """
    keys = _KEYS[table]
    inner = [f"{how.format(first=first)} AS {name}" for name, how in (_COUNTS | _MONEY).items()]
    outer = [f"sum({name})" for name in _COUNTS]
    outer += [
        f"coalesce(sum({counted}) FILTER (WHERE rate IS NULL), 0)"
        for counted in ("orders", "lines + refund_lines")
    ]
    outer += [f"sum({name} * coalesce(rate, 0))" for name in _MONEY]
    named = ", ".join(f"{sql} AS {name}" for name, sql in zip(MEASURES, outer, strict=True))
    opened.execute(text("DROP TABLE IF EXISTS pg_temp.summed"))
    opened.execute(
        text(
            f"CREATE TEMP TABLE summed ON COMMIT DROP AS SELECT {keys}, {named} FROM ("
            f"SELECT {keys}, rate, {', '.join(inner)} "
            f"FROM ({_CONTRIBUTIONS.format(which=which)}) c GROUP BY {keys}, rate"
            f") grouped GROUP BY {keys}"
        )
    )
    names = f"{keys}, {', '.join(MEASURES)}"
    opened.execute(
        text(f"INSERT INTO delta_{table} ({names}, sign) SELECT {names}, {sign} FROM summed")
    )


def apply_delta(opened: Connection, removals: bool = True) -> None:
    """Bring the roll-ups up to date; with `removals`, drop groups that nothing is left in."""
    for table, source in (("sales_daily", "sales_daily"),
                          ("sales_daily_country", "sales_daily_country"),
                          ("sales_daily_channel", "sales_daily_country")):  # fmt: skip
        _merge_into(opened, table, MEASURES, source)
    _merge_into(opened, "sales_hourly", ("orders",), "sales_hourly")
    if removals:
        _drop_empty(opened)
    touched = "SELECT day FROM delta_sales_daily UNION SELECT day FROM delta_sales_hourly"
    forget_customers(opened, touched)
    mark_changed(opened)


def mark_changed(opened: Connection) -> None:
    """Tell whoever holds figures of before that there are new ones."""
    opened.execute(text("UPDATE sales_state SET version = version + 1, changed_at = now()"))


def forget_customers(opened: Connection, days: str, **names: date) -> None:
    """What customers did on these days (SQL of a column `day`) is to be added up again."""
    month = f"SELECT date_trunc('month', day::timestamp)::date FROM ({days}) touched"
    for table, key, which in (("customer_days_made", "day", days),
                              ("customer_months_made", "month", month)):  # fmt: skip
        opened.execute(text(f"DELETE FROM {table} WHERE {key} IN ({which})"), names)


def untouched(opened: Connection, first: date, last: date) -> bool:
    """Whether no roll-up has anything of the days from first to last."""
    held = " OR ".join(
        f"EXISTS (SELECT FROM {table} WHERE day BETWEEN :first AND :last)" for table in _ALL
    )
    found = opened.execute(text(f"SELECT {held}"), {"first": first, "last": last})
    return not found.scalar_one()


def _drop_empty(opened: Connection) -> None:
    for table in _ALL:
        nothing = "orders = 0" if table == "sales_hourly" else "lines = 0 AND refund_lines = 0"
        source = "sales_daily_country" if table == "sales_daily_channel" else table
        opened.execute(
            text(f"DELETE FROM {table} WHERE {nothing} AND day IN (SELECT day FROM delta_{source})")
        )


def _merge_into(opened: Connection, table: str, measures: tuple[str, ...], source: str) -> None:
    keys = _KEYS[table]
    sums = ", ".join(f"sum(sign * {name})" for name in measures)
    updates = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in measures)
    opened.execute(
        text(
            f"INSERT INTO {table} ({keys}, {', '.join(measures)}) "
            f"SELECT {keys}, {sums} FROM delta_{source} GROUP BY {keys} "
            f"ON CONFLICT ({keys}) DO UPDATE SET {updates}"
        )
    )


def lock(opened: Connection) -> None:
    """One writer of sales at a time, however long the one before takes."""
    opened.execute(text("SET LOCAL statement_timeout = 0"))
    opened.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('sales', 0))"))


def require_current(opened: Connection) -> None:
    """Claim empty roll-ups for the company's zone and currency. Raises StaleRollups for others."""
    opened.execute(
        text(
            "INSERT INTO sales_state (zone, currency) VALUES (:zone, :currency) "
            "ON CONFLICT (one) DO UPDATE SET zone = excluded.zone, currency = excluded.currency "
            "WHERE NOT EXISTS (SELECT FROM orders)"
        ),
        {"zone": company.zone().key, "currency": company.currency()},
    )
    row = opened.execute(text("SELECT zone, currency FROM sales_state")).one()
    reason = stale_reason(row.zone, row.currency)
    if reason:
        raise StaleRollups(reason)


def stale_reason(zone: str, currency: str) -> str | None:
    """Why figures made for that zone and currency cannot be shown now, None when they can."""
    if (zone, currency) == (company.zone().key, company.currency()):
        return None
    return (
        f"The daily figures were made for {zone} and {currency} but the settings say "
        f"{company.zone().key} and {company.currency()}; run `python manage.py rollups rebuild`."
    )


def is_stale() -> bool:
    """Whether the settings' zone or currency changed since the roll-ups were made."""
    row = database.one("SELECT zone, currency FROM sales_state")
    return row is not None and stale_reason(row["zone"], row["currency"]) is not None


def rebuild_if_stale() -> None:
    """Follow a change of the company's zone or currency; figures stay out until this is done."""
    if is_stale():
        rebuild()


def rebuild() -> int:
    """Make days, rates and roll-ups anew from the rows, for the settings' zone and currency.

    Returns the number of orders.
    """
    names = {"zone": company.zone().key, "company": company.currency()}
    with database.transaction() as opened:
        lock(opened)
        for statement in _RESTATE:
            opened.execute(text(statement), names)
        recompute(opened)
        return int(opened.execute(text("SELECT count(*) FROM orders")).scalar_one())


def recompute(opened: Connection) -> None:
    """Make the roll-ups anew from the rows, whose days and rates are right."""
    for table in (*_ALL, "customer_days_made", "customer_months_made"):
        # not TRUNCATE, which would keep pages waiting until the end
        opened.execute(text(f"DELETE FROM {table}"))
    begin_delta(opened)
    add_delta(opened, 1)
    apply_delta(opened, removals=False)


_RESTATE = (
    "INSERT INTO sales_state (zone, currency) VALUES (:zone, :company) "
    "ON CONFLICT (one) DO UPDATE SET zone = excluded.zone, currency = excluded.currency",
    "UPDATE orders SET day = (ordered_at AT TIME ZONE :zone)::date, "
    "hour = extract(hour FROM ordered_at AT TIME ZONE :zone) "
    "WHERE (day, hour) IS DISTINCT FROM ((ordered_at AT TIME ZONE :zone)::date, "
    "extract(hour FROM ordered_at AT TIME ZONE :zone)::smallint)",
    "UPDATE refunds SET day = (refunded_at AT TIME ZONE :zone)::date, "
    "hour = extract(hour FROM refunded_at AT TIME ZONE :zone) "
    "WHERE (day, hour) IS DISTINCT FROM ((refunded_at AT TIME ZONE :zone)::date, "
    "extract(hour FROM refunded_at AT TIME ZONE :zone)::smallint)",
    "WITH known AS (SELECT day, currency, fx_rate(currency, :company, day) AS rate FROM "
    "(SELECT DISTINCT o.day, l.currency FROM orders o JOIN order_lines l ON l.order_id = o.id) d) "
    "UPDATE order_lines l SET rate = known.rate FROM known, orders o WHERE o.id = l.order_id "
    "AND known.day = o.day AND known.currency = l.currency "
    "AND l.rate IS DISTINCT FROM known.rate",
    "WITH known AS (SELECT day, currency, fx_rate(currency, :company, day) AS rate FROM "
    "(SELECT DISTINCT day, currency FROM refunds) d) "
    "UPDATE refunds r SET rate = known.rate FROM known WHERE known.day = r.day "
    "AND known.currency = r.currency AND r.rate IS DISTINCT FROM known.rate",
)
