"""Many rows in one statement: a column as the text of a PostgreSQL array, for `unnest`.

The driver's own ARRAY[…] makes the server plan with a node for every value; a text is parsed once.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache


def column(values: Iterable[object]) -> str:
    """`{1,NULL,"a"}` of numbers, texts and instants; to be cast to an array's type."""
    return "{" + ",".join([_spelled(value) for value in values]) + "}"


@lru_cache(maxsize=20_000, typed=True)
def _spelled(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)  # of a number or an instant nothing needs quotes
