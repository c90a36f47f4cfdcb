"""The rows beneath a KPI: what its figure was made of, newest or largest first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd

from config.kpis import kpi
from data import company, database
from data.queries import finance_documents, inventory_products

LIMIT = 500
_ORDERS = """
SELECT o.source_id AS order_id, o.ordered_at, o.channel, o.country, coalesce(p.title, p.sku) AS
       product, l.quantity::float8 AS quantity, l.unit_price::float8 AS unit_price,
       l.discount::float8 AS discount, l.tax::float8 AS tax, l.currency,
       l.unit_cost::float8 AS unit_cost, o.source
  FROM (SELECT * FROM orders WHERE day BETWEEN :newest AND :end AND counted
         ORDER BY day DESC, id DESC LIMIT :limit) o
  JOIN order_lines l ON l.order_id = o.id
  LEFT JOIN products p ON p.id = l.product_id
 ORDER BY o.ordered_at DESC, l.line LIMIT :limit
"""
# From this day on there are enough of them; the days before need not be read.
_NEWEST = """
SELECT min(day) FROM (
    SELECT day, sum(sum(orders)) OVER (ORDER BY day DESC) - sum(orders) AS later
      FROM sales_daily_channel WHERE day BETWEEN :start AND :end GROUP BY day) reached
 WHERE later < :limit
"""
_BANK = """
SELECT account, day, balance::float8 AS balance, currency, source FROM bank_balances
 WHERE day BETWEEN :start AND :end ORDER BY day DESC, account LIMIT :limit
"""
_LEDGER = """
SELECT month, statement, category, account, amount::float8 AS amount, currency, source
  FROM ledger_lines WHERE month BETWEEN date_trunc('month', CAST(:end AS date)
       - interval '12 months') AND :end ORDER BY month DESC, statement, category LIMIT :limit
"""
_RUNS = """
SELECT r.line, r.shift, r.started_at, r.ended_at, coalesce(p.title, r.sku) AS product,
       r.total_count::float8 AS total, r.good_count::float8 AS good,
       r.reworked_count::float8 AS reworked, r.entered_by, r.source
  FROM production_runs r LEFT JOIN products p ON p.sku = r.sku
 WHERE r.day BETWEEN :start AND :end ORDER BY r.started_at DESC LIMIT :limit
"""
_STOPS = """
SELECT line, started_at, ended_at,
       (extract(epoch FROM ended_at - started_at) / 60)::float8 AS minutes, reason, note,
       entered_by, source FROM production_stops
 WHERE (started_at AT TIME ZONE :zone)::date BETWEEN :start AND :end
 ORDER BY started_at DESC LIMIT :limit
"""
_DELIVERIES = """
SELECT order_id, promised_on, delivered_on, delivered_on - promised_on AS days_late, source
  FROM deliveries WHERE delivered_on BETWEEN :start AND :end
 ORDER BY delivered_on DESC, order_id LIMIT :limit
"""
_SQL = {
    "cash": _BANK,
    "cash_runway": _BANK,
    "downtime_minutes": _STOPS,
    "mtbf": _STOPS,
    "mttr": _STOPS,
    "on_time_delivery_pct": _DELIVERIES,
}
_AREA = {"sales": _ORDERS, "finance": _LEDGER, "production": _RUNS}


def rows(slug: str, start: date, end: date) -> pd.DataFrame:
    """At most 500 rows of the KPI's own source; empty where it keeps no rows of its own."""
    day = min(end, company.today())
    made = _FRAMES.get(slug)
    if made is not None:
        return made(day)
    sql = _SQL.get(slug) or _AREA.get(kpi(slug).area)
    if kpi(slug).area == "inventory":
        return inventory_products.stand(day)
    if sql is None:
        return pd.DataFrame()
    newest = start
    if sql is _ORDERS:
        newest = database.scalar(_NEWEST, start=start, end=end, limit=LIMIT) or start
    frame: pd.DataFrame = database.frame(
        sql, start=start, newest=newest, end=end, limit=LIMIT, zone=company.zone().key
    )
    return frame


def _documents(noun: str) -> Callable[[date], pd.DataFrame]:
    return lambda day: finance_documents.open_documents(noun, day).head(LIMIT)


_FRAMES: dict[str, Callable[[date], pd.DataFrame]] = {
    "receivables": _documents("receivables"),
    "receivables_overdue": _documents("receivables"),
    "dso": _documents("receivables"),
    "payables": _documents("payables"),
    "payables_overdue": _documents("payables"),
    "dpo": _documents("payables"),
    "expiring_stock": inventory_products.expiring,
}
