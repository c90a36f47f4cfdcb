"""Writes small CSV files of the company's datasets and imports them, for tests."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

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


def take(dataset: str, text: str, skip_bad: bool = False) -> Report:
    """Import lines written as CSV with spaces around the values allowed."""
    lines = [line.strip() for line in text.strip().splitlines()]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{dataset}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return import_file(DATASETS[dataset], path, skip_bad=skip_bad)
