"""Datasets that people may take away: the rows, streamed by PostgreSQL itself as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import IO, Any

from sqlalchemy import text

from data import database

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


class UnknownDataset(LookupError):
    """No dataset has that name; its text is one sentence."""


@dataclass(frozen=True)
class Dataset:
    """columns: header → SQL. texts: columns whose content people outside can write.

    day: the SQL of the company day that `from` and `to` limit, None where there is none.
    """

    name: str
    title: str
    resource: str
    columns: dict[str, str]
    source: str
    order: str
    texts: frozenset[str] = frozenset()
    day: str | None = None

    def query(self, where: str = "") -> str:
        """The SELECT, safe to open in a spreadsheet."""
        shown = ", ".join(
            f'{_tame(sql) if name in self.texts else sql} AS "{name}"'
            for name, sql in self.columns.items()
        )
        return f"SELECT {shown} FROM {self.source}{where} ORDER BY {self.order}"


def neutral(value: Any) -> Any:
    """`value`; text that begins like a formula, which a spreadsheet would run, quoted in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_DANGEROUS) else value


def _tame(sql: str) -> str:
    """As `neutral`, of a column of text."""
    return f"CASE WHEN {sql} ~ E'^[=+@\\t\\r-]' THEN '''' || {sql} ELSE {sql} END"


_MONEY = ("gross", "discounts", "refunds", "net", "tax", "shipping", "cogs", "fees")
_ALL = (
    Dataset(
        "order_lines", "Order lines", "business",
        {
            "order_id": "o.source_id", "source": "o.source", "ordered_at": "o.ordered_at",
            "day": "o.day", "channel": "o.channel", "country": "o.country", "status": "o.status",
            "customer_id": "c.source_id", "sku": "p.sku", "product": "p.title",
            "quantity": "l.quantity", "unit_price": "l.unit_price", "discount": "l.discount",
            "tax": "l.tax", "shipping": "l.shipping", "unit_cost": "l.unit_cost",
            "fees": "l.fees", "currency": "l.currency", "rate": "l.rate", "counted": "l.counted",
        },
        "orders o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id "
        "LEFT JOIN customers c ON c.id = o.customer_id",
        "o.day, o.id, l.line",
        frozenset({"order_id", "channel", "country", "status", "customer_id", "sku", "product"}),
        "o.day",
    ),
    Dataset(
        "refunds", "Refunds", "business",
        {
            "order_id": "o.source_id", "source": "o.source", "refund_id": "r.source_id",
            "refunded_at": "r.refunded_at", "day": "r.day", "channel": "o.channel", "sku": "p.sku",
            "amount": "r.amount", "tax": "r.tax", "shipping": "r.shipping",
            "currency": "r.currency", "rate": "r.rate",
        },
        "refunds r JOIN orders o ON o.id = r.order_id LEFT JOIN products p ON p.id = r.product_id",
        "r.day, r.order_id, r.source_id",
        frozenset({"order_id", "refund_id", "channel", "sku"}),
        "r.day",
    ),
    Dataset(
        "sales_daily", "Sales by day, channel and product", "business",
        {
            "day": "s.day", "channel": "s.channel", "sku": "p.sku", "orders": "s.orders",
            "units": "s.units", **{name: f"s.{name}" for name in _MONEY},
        },
        "sales_daily s JOIN products p ON p.id = s.product_id", "s.day, s.channel, p.sku",
        frozenset({"channel", "sku"}), "s.day",
    ),
    Dataset(
        "products", "Products", "inventory",
        {
            "sku": "sku", "title": "title", "unit_cost": "unit_cost", "price": "price",
            "currency": "currency", "source": "source",
        },
        "products", "sku", frozenset({"sku", "title"}),
    ),
    Dataset(
        "metrics", "Live metrics by minute", "performance",
        {
            "at": "at", "instance": "instance", "cpu_pct": "cpu_pct",
            "memory_pct": "memory_pct", "load1": "load1", "disk_pct": "disk_pct",
            "network_receive_bytes_s": "network_receive_bytes_s",
            "network_send_bytes_s": "network_send_bytes_s",
            "database_connections": "database_connections",
            "database_commits_s": "database_commits_s",
        },
        "metric_minutes", "at, instance", frozenset({"instance"}), "(at AT TIME ZONE :zone)::date",
    ),
)  # fmt: skip
DATASETS: dict[str, Dataset] = {one.name: one for one in _ALL}


def dataset(name: str) -> Dataset:
    """The dataset of that name. Raises UnknownDataset."""
    if name not in DATASETS:
        raise UnknownDataset(f'No dataset is called "{name}"; there are: {", ".join(DATASETS)}.')
    return DATASETS[name]


def write(
    found: Dataset, target: IO[bytes], zone: str, first: date | None, last: date | None
) -> int:
    """The rows of the days `first` to `last` as CSV with a header; returns how many.

    Raises DatabaseUnavailable; whatever `target` raises ends the query.
    """
    limits = {"zone": zone, "first": first, "last": last}
    with database.connection() as opened:
        opened.execute(text("SET LOCAL statement_timeout = 0"))
        query = text(found.query(_where(found, first, last))).compile(dialect=opened.dialect)
        values = {name: limits[name] for name in query.params}
        cursor: Any = opened.connection.cursor()
        bound = cursor.mogrify(str(query), values).decode()
        cursor.copy_expert(f"COPY ({bound}) TO STDOUT WITH (FORMAT csv, HEADER)", target)
        return int(cursor.rowcount)


def _where(found: Dataset, first: date | None, last: date | None) -> str:
    if found.day is None:
        return ""
    parts = [f"{found.day} >= :first"] if first else []
    parts += [f"{found.day} <= :last"] if last else []
    return f" WHERE {' AND '.join(parts)}" if parts else ""
