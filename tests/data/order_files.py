"""Files of order lines for tests."""

from __future__ import annotations

from pathlib import Path

from data.ingest.orders import import_orders
from data.ingest.report import ImportRefused, Report

HEADER = "order_id,ordered_at,sku,quantity,unit_price"


def write(folder: Path, *lines: str, name: str = "orders.csv") -> Path:
    """A file of these lines."""
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def take(folder: Path, *lines: str, **more: object) -> Report:
    """Import a file of these lines."""
    return import_orders(write(folder, *lines), **more)  # type: ignore[arg-type]


def refused(folder: Path, *lines: str, **more: object) -> tuple[str, Report]:
    """The sentence and the report of a refusal; fails when the file is taken."""
    try:
        take(folder, *lines, **more)
    except ImportRefused as refusal:
        assert refusal.report is not None
        return str(refusal), refusal.report
    raise AssertionError("the file was taken")
