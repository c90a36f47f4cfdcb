"""Gathers rows of order lines into whole orders, a batch at a time.

What belongs to the order is taken from its first row that gives it. Rows in a row that share all
of that are a run; most files hold one run an order, so that little text has to be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

ORDER = ("order_id", "ordered_at", "channel", "customer_id", "country", "status")
UNCOUNTED = ("cancelled", "canceled", "void", "voided", "test")
BATCH_ROWS = 100_000


@dataclass(frozen=True)
class Orders:
    """Whole orders and their rows.

    `heads`: one row an order, in the order of their first rows: ORDER, counted, differing.
    `rows`: what the file's rows say besides, with `counted` and `order`, the number of the head.
    """

    heads: Any
    rows: Any

    def __len__(self) -> int:
        return int(self.heads.num_rows)

    def where(self, wanted: Any) -> Orders:
        """Only the orders that the mask names."""
        if wanted.all():
            return self
        renumbered = np.cumsum(wanted) - 1
        order = self.rows["order"].to_numpy()
        rows = self.rows.filter(pa.array(wanted[order]))
        at = rows.schema.get_field_index("order")
        rows = rows.set_column(at, "order", pa.array(renumbered[rows["order"].to_numpy()]))
        return Orders(self.heads.filter(pa.array(wanted)), rows)


def batches(tables: Iterable[Any]) -> Iterator[Any]:
    """The rows in tables of about BATCH_ROWS, cut where the order changes."""
    kept: list[Any] = []
    for table in tables:
        kept.append(table)
        if sum(part.num_rows for part in kept) < BATCH_ROWS:
            continue
        joined = pa.concat_tables(kept).combine_chunks()
        cut = _last_change(joined["order_id"])
        if cut:
            yield joined.slice(0, cut)
        kept = [joined.slice(cut)]
    if any(part.num_rows for part in kept):
        yield pa.concat_tables(kept).combine_chunks()


def gather(rows: Any) -> Orders:
    """The orders that these rows make up."""
    starts = np.flatnonzero(_starts(rows))
    counted = _counted(rows["status"])
    rows = rows.append_column("counted", counted)
    runs = rows.take(pa.array(starts)).select((*ORDER, "counted"))
    codes = runs["order_id"].combine_chunks().dictionary_encode()
    order = codes.indices.to_numpy().astype(np.int64)
    lengths = np.diff(np.append(starts, rows.num_rows))
    rows = rows.append_column("order", pa.array(np.repeat(order, lengths)))
    if len(codes.dictionary) == len(starts):
        heads = runs.append_column("differing", pa.array(np.zeros(len(starts), dtype=bool)))
    else:
        heads = _joined(runs, order)
    return Orders(heads, rows.drop_columns(list(ORDER)))


def _joined(runs: Any, order: Any) -> Any:
    """One head of the runs of each order."""
    named = runs.append_column("order", pa.array(order)).append_column(
        "run", pa.array(np.arange(len(order)))
    )
    for name in ("channel", "country"):
        at = named.schema.get_field_index(name)
        named = named.set_column(at, name, _unless_empty(named[name]))
    least_and_most = [
        (name, how)
        for name in ("ordered_at", "channel", "customer_id", "country")
        for how in ("min", "max")
    ]
    groups = named.group_by("order", use_threads=False).aggregate(
        [("run", "min"), ("counted", "any"), *least_and_most]
    )
    groups = groups.sort_by("order")
    first = runs.take(groups["run_min"])
    differing = pa.array(np.zeros(groups.num_rows, dtype=bool))
    for name in ("ordered_at", "channel", "customer_id", "country"):
        apart = pc.not_equal(groups[f"{name}_min"], groups[f"{name}_max"])
        differing = pc.or_(differing, pc.fill_null(apart, False))
    given = {
        "channel": pc.coalesce(_unless_empty(first["channel"]), groups["channel_max"], ""),
        "customer_id": pc.coalesce(first["customer_id"], groups["customer_id_max"]),
        "country": pc.coalesce(_unless_empty(first["country"]), groups["country_max"], ""),
        "counted": groups["counted_any"],
    }
    columns = {name: given.get(name, first[name]) for name in (*ORDER, "counted")}
    return pa.table({**columns, "differing": differing})


def _unless_empty(column: Any) -> Any:
    return pc.if_else(pc.equal(column, ""), None, column)


def _counted(status: Any) -> Any:
    uncounted = pc.is_in(pc.utf8_lower(status), value_set=pa.array(UNCOUNTED))
    return pc.invert(pc.fill_null(uncounted, False))


def _starts(table: Any) -> Any:
    """Whether each row begins a run: the first does, and whatever differs from the row before."""
    starts = np.zeros(table.num_rows, dtype=bool)
    starts[:1] = True
    for name in ORDER:
        starts[1:] |= _changes(table[name])
    return starts


def _changes(column: Any) -> Any:
    """Whether each value after the first differs from the one before."""
    whole = column.combine_chunks()
    before, after = whole.slice(0, len(whole) - 1), whole.slice(1)
    differs = pc.fill_null(pc.not_equal(before, after), False)
    emptied = pc.not_equal(pc.is_null(before), pc.is_null(after))
    return pc.or_(differs, emptied).to_numpy(zero_copy_only=False)


def _last_change(column: Any) -> int:
    """The row at which the last order begins; 0 when there is only one."""
    changes = np.flatnonzero(_changes(column))
    return int(changes[-1]) + 1 if len(changes) else 0
