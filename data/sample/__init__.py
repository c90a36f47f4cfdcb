"""A deterministic company to look around in: made, loaded, seen and taken out again.

`present()` is cheap enough for every page; `load` and `remove` are heavy, run them in a process
of their own.
"""

from __future__ import annotations

from data import database

SOURCE = "sample"
DEFAULT_LINES = 120_000


def present() -> bool:
    """Whether any sample data is in the database."""
    return bool(
        database.scalar(
            "SELECT EXISTS (SELECT FROM sales_sources WHERE source = :source) "
            "OR EXISTS (SELECT FROM feeds WHERE source = :source)",
            source=SOURCE,
        )
    )
