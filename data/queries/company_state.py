"""Whether the company's books changed and whether they are the sample's: asked on every run."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from data import database


class State(NamedTuple):
    """`version` differs after any change; `sample`: whether sample data is part of the datasets."""

    version: str
    sample: bool
    datasets: frozenset[str]


def state(*datasets: str, day: date | None = None) -> State:
    """Of these datasets (default all) and the orders."""
    row = database.one(
        "SELECT (SELECT max(last_seen)::text FROM feeds) AS seen, "
        "(SELECT version FROM sales_state) AS sales, "
        "(SELECT max(set_at)::text FROM kpi_targets) AS targets, "
        "(SELECT bool_or(source = 'sample') FROM feeds "
        " WHERE :every OR dataset = ANY(:datasets)) AS sample, "
        "(SELECT array_agg(DISTINCT dataset) FROM feeds) AS known",
        every=not datasets, datasets=list(datasets),
    )  # fmt: skip
    assert row is not None
    version = f"{row['seen']} {row['sales']} {row['targets']} {day}"
    return State(version, bool(row["sample"]), frozenset(row["known"] or ()))
