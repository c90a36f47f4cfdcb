"""The datasets that files can be imported into, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from data.ingest.fields import Field
from data.ingest.report import ImportRefused, Report

# Name → module in data/ingest with FIELDS and `import_<name>(path, mapping, skip_bad, progress,
# name) -> Report`, or module:NAME of a data.ingest.dataset.Dataset; loaded when it is asked for.
MODULES = {
    "orders": "data.ingest.orders",
    "products": "data.ingest.products:PRODUCTS",
    "stock": "data.ingest.inventory:STOCK",
    "movements": "data.ingest.inventory:MOVEMENTS",
    "purchase-orders": "data.ingest.inventory:PURCHASE_ORDERS",
    "invoices": "data.ingest.finance:INVOICES",
    "payments": "data.ingest.finance:PAYMENTS",
    "bank": "data.ingest.finance:BANK",
    "ledger": "data.ingest.finance:LEDGER",
    "rates": "data.ingest.rates:RATES",
    "production-runs": "data.ingest.production:RUNS",
    "production-stops": "data.ingest.production:STOPS",
    "deliveries": "data.ingest.production:DELIVERIES",
}


@dataclass(frozen=True)
class Dataset:
    """A kind of file that can be imported."""

    name: str
    fields: tuple[Field, ...]
    take: Callable[..., Report]


def dataset(name: str) -> Dataset:
    """The dataset of that name. Raises ImportRefused."""
    if name not in MODULES:
        raise ImportRefused(f'"{name}" cannot be imported; what can: {", ".join(MODULES)}.')
    path, _, staged = MODULES[name].partition(":")
    module = import_module(path)
    if staged:
        found = getattr(module, staged)
        return Dataset(name, found.fields, found.take)
    return Dataset(name, module.FIELDS, getattr(module, f"import_{name}"))
