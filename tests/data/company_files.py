"""Databases of a whole module, and small CSV files of the company's datasets, for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from data import database
from data.ingest import finance, inventory, production, products, rates
from data.ingest.dataset import Dataset, import_file
from data.ingest.report import Report

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        products.PRODUCTS,
        inventory.STOCK,
        inventory.MOVEMENTS,
        inventory.PURCHASE_ORDERS,
        finance.INVOICES,
        finance.PAYMENTS,
        finance.BANK,
        finance.LEDGER,
        rates.RATES,
        production.RUNS,
        production.STOPS,
        production.DELIVERIES,
    )
}


@contextmanager
def own_database(postgres: Callable[[str], str]) -> Iterator[str]:
    """A fresh migrated database that `data.database` points at while it lasts."""
    from tests.conftest import _new_database, _point_at

    with _new_database(postgres) as url:
        _point_at(url)
        yield url
        database.stop()


def take(dataset: str, text: str, skip_bad: bool = False) -> Report:
    """Import lines written as CSV with spaces around the values allowed."""
    lines = [line.strip() for line in text.strip().splitlines()]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{dataset}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return import_file(DATASETS[dataset], path, skip_bad=skip_bad)
