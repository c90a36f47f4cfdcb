"""Imports order lines from CSV: the file's columns, and how its rows become orders.

A file holds whole orders: each order in it is replaced by the file's lines of it. What belongs to
the order (time, channel, customer, country) is taken from its first line that gives it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, text

from data import company, database
from data.ingest import merge
from data.ingest.arrow_copy import Ahead, copy_in
from data.ingest.csvfile import CsvFile
from data.ingest.fields import Field, Reading
from data.ingest.gather import Orders, batches, gather
from data.ingest.load import Loader, Scattered
from data.ingest.report import Report
from data.ingest.staging import Progress, Staging, map_columns

SOURCE = "csv"
FIELDS = (
    Field(
        "order_id",
        "text",
        "The order's number; its lines share it.",
        required=True,
        also=("order", "order number", "order no", "name", "amazon-order-id"),
    ),
    Field(
        "ordered_at",
        "instant",
        "When it was ordered.",
        required=True,
        also=("date", "order date", "created at", "purchase-date"),
    ),
    Field(
        "channel",
        "text",
        "Where it was sold.",
        fallback="",
        longest=80,
        also=("sales channel", "source"),
    ),
    Field("customer_id", "text", "Who bought it.", also=("customer", "buyer")),
    Field(
        "sku",
        "text",
        "What was bought.",
        required=True,
        also=("product", "item", "product sku", "lineitem sku"),
    ),
    Field(
        "quantity",
        "number",
        "How many.",
        required=True,
        largest=10**9,
        also=("qty", "lineitem quantity"),
    ),
    Field(
        "unit_price",
        "number",
        "List price of one, tax included.",
        required=True,
        also=("price", "lineitem price"),
    ),
    Field(
        "discount",
        "number",
        "Taken off the line.",
        fallback=0,
        also=("discount amount", "lineitem discount"),
    ),
    Field("tax", "number", "Tax within the line's price.", fallback=0, also=("taxes", "vat")),
    Field("shipping", "number", "Shipping charged.", fallback=0),
    Field(
        "refunded",
        "number",
        "Goods refunded, without tax and shipping.",
        fallback=0,
        also=("refunded amount", "refund"),
    ),
    Field("refunded_at", "instant", "When they were refunded.", also=("refund date",)),
    Field("currency", "currency", "ISO 4217 code; the company's where it is not given."),
    Field(
        "status",
        "text",
        "test and cancelled lines do not count.",
        longest=80,
        also=("order status", "financial status"),
    ),
    Field("unit_cost", "number", "Cost of one, in the same currency.", also=("cost",)),
    Field(
        "country",
        "text",
        "Where it went.",
        fallback="",
        longest=80,
        upper=True,
        also=("shipping country", "ship-country"),
    ),
)

_GATHER = """
INSERT INTO in_orders (order_id, ordered_at, channel, customer_id, country, status, counted,
    taxes_included, differing, position)
SELECT f.order_id, f.ordered_at, coalesce(nullif(f.channel, ''), g.channel),
    coalesce(f.customer_id, g.customer_id), coalesce(nullif(f.country, ''), g.country), f.status,
    g.counted, true, coalesce(g.differing, false), g.first
FROM (
    SELECT order_id, min(run) AS first, bool_or(counted) AS counted,
        max(channel) AS channel, max(customer_id) AS customer_id, max(country) AS country,
        max(ordered_at) > min(ordered_at) OR min(nullif(channel, '')) < max(channel)
            OR min(customer_id) < max(customer_id)
            OR min(nullif(country, '')) < max(country) OR bool_or(differing) AS differing
    FROM in_runs GROUP BY order_id
) g JOIN in_runs f ON f.run = g.first
"""

_REFUNDS = """
INSERT INTO in_refunds (order_id, refund_id, sku, refunded_at, amount, tax, shipping, currency,
    costed, with_fees, counted)
SELECT r.order_id, row_number() OVER (
        PARTITION BY r.order_id ORDER BY sku, refunded_at, refunded, position)::text,
    sku, refunded_at, refunded, 0, 0, currency, unit_cost IS NOT NULL, false, l.counted
FROM in_lines l JOIN in_runs r USING (run) WHERE refunded > 0
"""


_LINE = ("position", "run", "sku", "quantity", "unit_price", "discount", "tax", "shipping",
         "refunded", "refunded_at", "currency", "unit_cost", "counted")  # fmt: skip


def import_orders(
    path: Path,
    mapping: Mapping[str, str] | None = None,
    skip_bad: bool = False,
    progress: Progress | None = None,
    name: str | None = None,
) -> Report:
    """Take a file of order lines in one transaction. Raises ImportRefused, StaleRollups."""

    def take(straight: bool) -> Report:
        with CsvFile(path) as file:
            file.name = name or file.name
            mapped = map_columns(FIELDS, file, mapping)
            report = Report("orders", file.name)
            reading = Reading(company.zone(), company.currency(), datetime.now(UTC))
            staging = Staging(FIELDS, reading, report, _together, skip_bad, progress)
            rows = Ahead(map(gather, batches(staging.rows(file, mapped))))
            with closing(rows), database.transaction() as opened:
                merge.begin(opened)
                _take(opened, rows, report, staging, straight)
        return report

    try:
        return take(straight=True)
    except Scattered:  # begun anew, because the orders loaded so far are not whole
        return take(straight=False)


def _take(
    opened: Connection, found: Iterable[Orders], report: Report, staging: Staging, straight: bool
) -> None:
    """New orders go straight in, if `straight`; the others are staged and merged."""
    with Loader(opened, SOURCE) as loader:
        for orders in found:
            others = loader.take(orders) if straight else orders
            if len(others):
                _stage(opened, others)
        staging.judge()
        loader.finish()
    differing = loader.differing + _gather(opened)
    report.counts = merge.merge(opened, SOURCE)
    report.counts["new orders"] += loader.orders
    report.counts["lines written"] += loader.lines
    if differing:
        report.notes.append(
            f"{differing:,} orders give different times, channels, customers or countries on "
            "their lines; the first line's were taken."
        )


def _stage(opened: Connection, orders: Orders) -> None:
    """Orders and their lines, which `run` joins: the place of an order's first row here."""
    order, position = (orders.rows[name].to_numpy() for name in ("order", "position"))
    first = np.full(len(orders), np.iinfo(np.int64).max)
    np.minimum.at(first, order, position)
    runs = orders.heads.append_column("run", pa.array(first))
    copy_in(opened, "in_runs", runs)
    lines = orders.rows.append_column("run", pa.array(first[order]))
    copy_in(opened, "in_lines", lines.select(_LINE))


def _gather(opened: Connection) -> int:
    """Make orders and refunds of what is staged; returns how many orders' rows differ."""
    opened.execute(text("ANALYZE in_lines (run, sku)"))
    opened.execute(text("ANALYZE in_runs (run, order_id)"))
    opened.execute(text(_GATHER))
    opened.execute(text(_REFUNDS))
    differing = opened.execute(text("SELECT count(*) FROM in_orders WHERE differing"))
    return int(differing.scalar_one())


def _together(columns: Mapping[str, Any]) -> list[tuple[Any, str, str]]:
    """What must hold between the values of a row."""
    refunded = pc.greater(columns["refunded"], pa.scalar(Decimal(0), columns["refunded"].type))
    undated = pc.and_(refunded, pc.is_null(columns["refunded_at"]))
    lead = pc.subtract(columns["ordered_at"], columns["refunded_at"])
    early = pc.and_(refunded, pc.greater(lead, pa.scalar(86_400_000_000, pa.duration("us"))))
    return [
        (undated, "refunded_at", "is missing although something was refunded"),
        (early, "refunded_at", "lies before the order"),
    ]
