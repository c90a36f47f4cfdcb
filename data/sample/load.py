"""Loads the sample company in one transaction, through the same roll-ups as real data."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, text

from data import company, database
from data.ingest import finance, inventory, rollups
from data.sample import DEFAULT_LINES, SOURCE, books, documents, factory, stock
from data.sample.company import LINES, PRODUCTS, REGIONS, Calendar, Product
from data.sample.demand import Floats
from data.sample.load_sales import Sold, copy, load_orders, load_rates
from data.sample.pricing import unit_costs

Progress = Callable[[int], None]
_FEEDS = ("products", "rates", "stock", "movements", "purchase-orders", "invoices", "payments",
          "bank", "ledger", "production-runs", "production-stops", "deliveries")  # fmt: skip


class SampleThere(Exception):
    """Sample data is in the database already; its text is one sentence."""


@dataclass(frozen=True)
class Loaded:
    """How much was loaded, and how fast."""

    lines: int
    seconds: float


def load(
    total: int = DEFAULT_LINES, today: date | None = None, progress: Progress = lambda _: None
) -> Loaded:
    """Three years of the sample company up to yesterday. Raises SampleThere."""
    began = time.monotonic()
    calendar = Calendar(today or company.today())
    with database.transaction() as opened:
        rollups.lock(opened)
        rollups.require_current(opened)
        if opened.execute(text("SELECT count(*) FROM sales_sources WHERE sample")).scalar_one():
            raise SampleThere("Sample data is loaded already; `sample remove` takes it out.")
        load_rates(opened, calendar)
        _products(opened, calendar)
        sold = load_orders(opened, calendar, total, progress)
        opened.execute(text("INSERT INTO sales_sources VALUES ('sample', now(), true)"))
        opened.execute(text("ANALYZE orders, order_lines, sales_daily"))
        plan = _stock(opened, calendar, sold)
        _factory(opened, calendar, sold, plan)
        _money(opened, calendar, sold, plan)
        _note(opened)
    return Loaded(total, time.monotonic() - began)


def _products(opened: Connection, calendar: Calendar) -> None:
    """Products that are not there yet, and what they cost from when on where nobody says."""
    rows = [{"sku": item.sku, "title": item.title, "cost": item.cost, "price": item.price,
             "lead": item.lead_time, "life": item.shelf_life} for item in PRODUCTS]  # fmt: skip
    opened.execute(
        text("INSERT INTO products (sku, title, unit_cost, price, currency, lead_time_days, "
             "minimum_order, shelf_life_days, order_cost, source, source_id) VALUES (:sku, :title, "
             ":cost, :price, 'GBP', :lead, 50, :life, 120, 'sample', :sku) "
             "ON CONFLICT (sku) DO NOTHING"),
        rows,
    )  # fmt: skip
    costs = unit_costs(calendar)
    changes = []
    for number, item in enumerate(PRODUCTS):
        edges = [0, *(np.flatnonzero(np.diff(costs[:, number])) + 1)]
        for at, begin in enumerate(edges):
            until = calendar.first + timedelta(int(edges[at + 1])) if at + 1 < len(edges) else None
            changes.append({"sku": item.sku, "cost": float(costs[begin, number]),
                            "from_day": calendar.first + timedelta(int(begin)),
                            "until": until or date.max})  # fmt: skip
    opened.execute(
        text("INSERT INTO product_costs (sku, from_day, until, cost, currency, source) SELECT "
             ":sku, :from_day, CASE WHEN :until >= date '9999-12-31' THEN 'infinity' ELSE :until "
             "END, :cost, 'GBP', 'sample' WHERE NOT EXISTS (SELECT FROM product_costs "
             "WHERE sku = :sku AND source <> 'sample')"),
        changes,
    )  # fmt: skip


def _stock(opened: Connection, calendar: Calendar, sold: Sold) -> stock.Supply:
    plan = stock.supply(calendar, sold)
    rows = list(stock.movements(calendar, sold, plan))
    days = [calendar.first + timedelta(row.day) for row in rows]
    numbers = np.arange(len(rows))
    copy(opened, "stock_movements", {
        "sku": [PRODUCTS[row.product].sku for row in rows],
        "location": [f"Warehouse {REGIONS[row.region].code}" for row in rows],
        "batch": [row.batch for row in rows],
        "expires_on": pa.array([row.expires for row in rows], pa.date32()),
        "moved_on": days, "kind": [row.kind for row in rows],
        "quantity": [row.quantity for row in rows],
        "source": pa.repeat(SOURCE, len(rows)), "source_id": [f"M{at}" for at in numbers],
    })  # fmt: skip
    opened.execute(text("ANALYZE stock_movements"))
    inventory.refresh(opened, "SELECT sku FROM products WHERE source = 'sample'")
    _reorder_points(opened, sold)
    _purchase_orders(opened, calendar, plan)
    return plan


def _reorder_points(opened: Connection, sold: Sold) -> None:
    points = stock.reorder_points(sold)
    opened.execute(
        text("UPDATE products SET reorder_point = :point, safety_stock = :safety "
             "WHERE sku = :sku AND source = 'sample'"),
        [{"sku": item.sku, "point": round(float(point)),
          "safety": round(float(point) * stock.SAFETY_DAYS / 24)}
         for item, point in zip(PRODUCTS, points, strict=True)],
    )  # fmt: skip


def _purchase_orders(opened: Connection, calendar: Calendar, plan: stock.Supply) -> None:
    """What is bought ready-made, and orders that are on their way."""
    rows: list[dict[str, Any]] = []
    for number, item in enumerate(PRODUCTS):
        if item.line >= 0:
            continue
        for day, region in zip(*np.nonzero(plan.made[:, number, :]), strict=True):
            received = calendar.first + timedelta(int(day))
            quantity = int(plan.made[day, number, region])
            rows.append(_order(item, int(region), received, quantity, received=True))
        for region in range(len(REGIONS)):
            quantity = int(plan.made[-60:, number, region].mean() * 14) + 1
            due = calendar.last + timedelta(7)
            rows.append(_order(item, region, due, quantity, received=False))
    _insert(opened, "purchase_orders", rows)


def _order(
    item: Product, region: int, due: date, quantity: int, *, received: bool
) -> dict[str, Any]:
    return {
        "supplier": "Contract packer", "sku": item.sku,
        "location": f"Warehouse {REGIONS[region].code}",
        "ordered_on": due - timedelta(item.lead_time), "expected_on": due,
        "received_on": due if received else None, "quantity": quantity,
        "received_quantity": quantity if received else 0, "unit_cost": item.cost,
        "currency": "GBP", "status": "received" if received else "open",
        "source_id": f"PO-{item.sku}-{due}-{REGIONS[region].code}",
    }  # fmt: skip


def _factory(opened: Connection, calendar: Calendar, sold: Sold, plan: stock.Supply) -> None:
    opened.execute(
        text("INSERT INTO production_lines VALUES (:code, :code, 'sample') ON CONFLICT DO NOTHING"),
        [{"code": line} for line in LINES],
    )
    found = factory.diary(calendar, company.zone(), plan.made.sum(axis=2))
    zone = company.zone()
    _insert(opened, "production_runs", [
        {**row, "day": row["started_at"].astimezone(zone).date(), "source_id": f"R{at}"}
        for at, row in enumerate(found.runs)
    ])  # fmt: skip
    _insert(opened, "production_stops",
            [{**row, "source_id": f"S{at}"} for at, row in enumerate(found.stops)])  # fmt: skip
    _insert(opened, "deliveries", factory.deliveries(calendar, sold))


def _money(opened: Connection, calendar: Calendar, sold: Sold, plan: stock.Supply) -> None:
    months = books.sold_months(opened, calendar)
    spent = books.costs(months)
    made = plan.made.sum(axis=2)
    cost = (made * unit_costs(calendar)).sum(axis=1) * _pound(opened, calendar)
    papers = documents.Papers()
    documents.receivables(calendar, sold, papers)
    documents.payables(calendar, cost * documents.MATERIAL_SHARE, spent.overheads, papers)
    _insert(opened, "invoices", papers.invoices)
    _insert(opened, "invoice_payments", papers.payments)
    opened.execute(text("ANALYZE invoices, invoice_payments"))
    finance.rebuild(opened)
    labour = cost * (1 - documents.MATERIAL_SHARE)
    cash = books.cash_by_day(opened, calendar, months, spent, labour)
    _insert(opened, "bank_balances", [
        {"account": "Current account", "day": calendar.first + timedelta(at),
         "balance": float(balance), "currency": company.currency(), "source_id": f"C{at}"}
        for at, balance in enumerate(cash)
    ])  # fmt: skip
    _insert(opened, "ledger_lines", books.ledger(opened, calendar, months, spent, cash))


def _pound(opened: Connection, calendar: Calendar) -> Floats:
    """Company currency for one pound by day."""
    rows = opened.execute(
        text("SELECT fx_rate('GBP', :company, CAST(:first AS date) + n)::float8 "
             "FROM generate_series(0, :last) n ORDER BY n"),
        {"company": company.currency(), "first": calendar.first, "last": calendar.count - 1},
    ).scalars()  # fmt: skip
    return np.array(list(rows))


def _insert(opened: Connection, table: str, rows: list[dict[str, Any]]) -> None:
    """COPY rows of equal keys into the table, with their source."""
    if rows:
        columns = {name: pa.array([row[name] for row in rows]) for name in rows[0]}
        copy(opened, table, {**columns, "source": pa.repeat(SOURCE, len(rows))})


def _note(opened: Connection) -> None:
    opened.execute(
        text(
            "INSERT INTO feeds (dataset, source, last_seen) VALUES (:name, 'sample', now()) "
            "ON CONFLICT (dataset, source) DO UPDATE SET last_seen = now()"
        ),
        [{"name": name} for name in _FEEDS],
    )
