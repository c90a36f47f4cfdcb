"""Daily roll-ups of sales: kept by differences, and rebuilt from the rows when asked.

A change of orders goes: `begin_delta`, `add_delta(-1)` over the orders as they stand, the change,
`add_delta(+1)` over them as they are then, `apply_delta`. Amounts are exact decimals, so that
what was added once is taken away to the last digit.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from data import company, database

# Measure → what a group of contributions adds to it; money is multiplied by the group's rate.
_COUNTS = {
    "orders_once": "count(*) FILTER (WHERE first_of_order)",
    "known_once": "count(*) FILTER (WHERE first_of_order AND customer_id IS NOT NULL)",
    "returning_once": "count(*) FILTER (WHERE first_of_order AND returning_customer)",
    "orders_of_product": "count(*) FILTER (WHERE first_of_product)",
    "known_of_product": "count(*) FILTER (WHERE first_of_product AND customer_id IS NOT NULL)",
    "returning_of_product": "count(*) FILTER (WHERE first_of_product AND returning_customer)",
    "lines": "sum(lines)",
    "refund_lines": "sum(refund_lines)",
    "uncosted_lines": "count(*) FILTER (WHERE lines = 1 AND NOT costed)",
    "unfeed_lines": "count(*) FILTER (WHERE lines = 1 AND NOT with_fees)",
    "units": "sum(units)",
}
_MONEY = {
    "gross": "sum(gross)",
    "discounts": "sum(discounts)",
    "tax": "sum(tax)",
    "shipping": "sum(shipping)",
    "net": "sum(net)",
    "refunds": "sum(refunds)",
    "net_costed": "coalesce(sum(net) FILTER (WHERE costed), 0)",
    "cogs": "coalesce(sum(cogs), 0)",
    "fees": "coalesce(sum(fees), 0)",
    "net_with_fees": "coalesce(sum(net) FILTER (WHERE with_fees), 0)",
}
_DIMENSIONS = "day, channel, country, segment, product_id"
_SHARED = [
    "lines", "refund_lines", "uncosted_lines", "unfeed_lines", "gap_lines", "units", *_MONEY,
]  # fmt: skip
_BY_ORDER = {"orders": "orders_once", "known_orders": "known_once",
             "returning_orders": "returning_once"}  # fmt: skip
_BY_PRODUCT = {"orders": "orders_of_product", "known_orders": "known_of_product",
               "returning_orders": "returning_of_product"}  # fmt: skip
ROLLUPS = {
    "sales_daily": ("day, channel, product_id", _BY_PRODUCT),
    "sales_daily_channel": ("day, channel", _BY_ORDER),
    "sales_daily_country": ("day, channel, country, segment", _BY_ORDER),
}


class StaleRollups(Exception):
    """The settings name another zone or currency than the roll-ups; its text is one sentence."""


def begin_delta(opened: Connection) -> None:
    """Empty tables of the transaction that collect differences."""
    measures = ", ".join(f"{name} numeric NOT NULL" for name in _names())
    opened.execute(
        text(
            'CREATE TEMP TABLE IF NOT EXISTS delta (day date, channel text COLLATE "C", '
            'country text COLLATE "C", segment text COLLATE "C", product_id bigint, '
            f"{measures}) ON COMMIT DROP"
        )
    )
    opened.execute(
        text(
            "CREATE TEMP TABLE IF NOT EXISTS delta_hourly (day date, hour smallint, "
            'channel text COLLATE "C", lines numeric, refund_lines numeric, orders numeric, '
            "net numeric) ON COMMIT DROP"
        )
    )
    opened.execute(text("DELETE FROM delta"))
    opened.execute(text("DELETE FROM delta_hourly"))


def _names() -> list[str]:
    return [*_COUNTS, "gap_lines", *_MONEY]


def add_delta(opened: Connection, sign: int, orders: str = "") -> None:
    """Add (sign 1) or take away (sign -1) what the orders contribute as they stand.

    `orders`: a query of order ids; empty: all orders.
    """
    which = f"WHERE order_id IN ({orders})" if orders else ""
    counts = ", ".join(f"{how} AS {name}" for name, how in _COUNTS.items())
    money = ", ".join(f"{how} AS {name}" for name, how in _MONEY.items())
    outer = [f"{sign} * sum({name})" for name in _COUNTS]
    outer.append(f"{sign} * coalesce(sum(lines + refund_lines) FILTER (WHERE rate IS NULL), 0)")
    outer += [f"{sign} * sum({name} * coalesce(rate, 0))" for name in _MONEY]
    opened.execute(
        text(
            f"INSERT INTO delta ({_DIMENSIONS}, {', '.join(_names())}) "
            f"SELECT {_DIMENSIONS}, {', '.join(outer)} FROM ("
            f"SELECT {_DIMENSIONS}, rate, {counts}, {money} FROM sales_contributions {which} "
            f"GROUP BY {_DIMENSIONS}, rate) grouped GROUP BY {_DIMENSIONS}"
        )
    )
    opened.execute(
        text(
            "INSERT INTO delta_hourly SELECT day, hour, channel, "
            f"{sign} * sum(lines), {sign} * sum(refund_lines), "
            f"{sign} * count(*) FILTER (WHERE first_of_order), "
            f"{sign} * sum(net * coalesce(rate, 0)) FROM sales_contributions {which} "
            "GROUP BY day, hour, channel"
        )
    )


def apply_delta(opened: Connection, removals: bool = True) -> None:
    """Bring the roll-ups up to date; with `removals`, drop groups that nothing is left in."""
    for table, (keys, own) in ROLLUPS.items():
        _merge_into(opened, table, keys, {**own, **{name: name for name in _SHARED}}, "delta")
    hourly = {name: name for name in ("lines", "refund_lines", "orders", "net")}
    _merge_into(opened, "sales_hourly", "day, hour, channel", hourly, "delta_hourly")
    if removals:
        for table in [*ROLLUPS, "sales_hourly"]:
            source = "delta_hourly" if table == "sales_hourly" else "delta"
            opened.execute(
                text(
                    f"DELETE FROM {table} WHERE lines = 0 AND refund_lines = 0 "
                    f"AND day IN (SELECT day FROM {source})"
                )
            )
    opened.execute(text("UPDATE sales_state SET version = version + 1, changed_at = now()"))


def _merge_into(
    opened: Connection, table: str, keys: str, measures: dict[str, str], source: str
) -> None:
    sums = ", ".join(f"sum({column})" for column in measures.values())
    updates = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in measures)
    opened.execute(
        text(
            f"INSERT INTO {table} ({keys}, {', '.join(measures)}) "
            f"SELECT {keys}, {sums} FROM {source} GROUP BY {keys} "
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
    opened.execute(text(f"TRUNCATE {', '.join(ROLLUPS)}, sales_hourly"))
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
