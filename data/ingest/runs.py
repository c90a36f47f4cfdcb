"""Splits rows of order lines into lines and runs: rows in a row that share what is the order's.

Most files keep an order's lines together, so that orders are found from few runs and lines refer
to them by number: half the text that PostgreSQL would have to compare stays out of it.
"""

from __future__ import annotations

import io
import tempfile
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

ORDER = ("order_id", "ordered_at", "channel", "customer_id", "country", "status")
LINE = ("position", "run", "sku", "quantity", "unit_price", "discount", "tax", "shipping",
        "refunded", "refunded_at", "currency", "unit_cost", "counted")  # fmt: skip
RUN = ("run", *ORDER, "counted")
UNCOUNTED = ("cancelled", "canceled", "void", "voided", "test")
_IN_MEMORY = 16 << 20


class Runs:
    """Takes blocks of rows in; gives their lines, and keeps the runs until all lines are stored."""

    def __init__(self) -> None:
        self._kept: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115

    def split(self, table: Any) -> Any:
        """The lines of these rows, with the number of the run each belongs to."""
        positions = table["position"].to_numpy()
        starts = np.flatnonzero(_starts(table))
        lengths = np.diff(np.append(starts, table.num_rows))
        counted = pc.invert(
            pc.fill_null(
                pc.is_in(pc.utf8_lower(table["status"]), value_set=pa.array(UNCOUNTED)), False
            )
        )
        rows = table.append_column("counted", counted).append_column(
            "run", pa.array(np.repeat(positions[starts], lengths))
        )
        target = io.BytesIO()
        _write(rows.take(pa.array(starts)).select(RUN), target)
        self._kept.write(target.getbuffer())
        return rows.select(LINE)

    def stored(self) -> IO[bytes]:
        """All runs so far as CSV for COPY, in the order of RUN."""
        self._kept.seek(0)
        return self._kept

    def close(self) -> None:
        """Forget them."""
        self._kept.close()


def _starts(table: Any) -> Any:
    """Whether each row begins a run: the first does, and whatever differs from the row before."""
    starts = np.zeros(table.num_rows, dtype=bool)
    starts[:1] = True
    for name in ORDER:
        column = table[name].combine_chunks()
        before, after = column.slice(0, len(column) - 1), column.slice(1)
        differs = pc.fill_null(pc.not_equal(before, after), False)
        emptied = pc.not_equal(pc.is_null(before), pc.is_null(after))
        starts[1:] |= pc.or_(differs, emptied).to_numpy(zero_copy_only=False)
    return starts


def _write(table: Any, target: IO[bytes]) -> None:
    arrow_csv.write_csv(table, target, arrow_csv.WriteOptions(include_header=False))
