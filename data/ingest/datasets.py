"""The datasets that files can be imported into, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from data.ingest.fields import Field
from data.ingest.report import ImportRefused, Report

# Name → module in data/ingest with FIELDS and `import_<name>(path, mapping, skip_bad, progress,
# name) -> Report`; loaded when it is asked for.
MODULES = {
    "orders": "data.ingest.orders",
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
    module = import_module(MODULES[name])
    return Dataset(name, module.FIELDS, getattr(module, f"import_{name}"))
