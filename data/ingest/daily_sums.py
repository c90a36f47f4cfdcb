"""Adds up lines and refunds by day in memory, exactly as `rollups` does in SQL.

For whole new orders on their way in, which PostgreSQL then need not read again. A test holds both
to the same sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.ingest.rollups import MEASURES

_COUNTS = (
    "orders", "known_orders", "returning_orders", "lines", "refund_lines", "uncosted_lines",
    "unfeed_lines", "gap_orders", "gap_lines",
)  # fmt: skip
_AMOUNTS = tuple(name for name in MEASURES if name not in _COUNTS)
_MONEY = tuple(name for name in _AMOUNTS if name != "units")
KEYS = {
    "sales_daily": ("day", "channel", "product_id"),
    "sales_daily_country": ("day", "channel", "country", "segment"),
    "sales_daily_channel": ("day", "channel"),
    "sales_hourly": ("day", "hour", "channel"),
}
_OF_ORDER = ("day", "channel", "country", "segment", "customer_id", "returning_customer")
_WAITING_ROWS = 200_000
_EXACT = pa.decimal128(36, 12)
_CONVERTED = pa.decimal256(76, 24)
_FACTOR = pa.decimal128(18, 6)


class DailySums:
    """The sums of all batches so far, a table for each roll-up."""

    def __init__(self) -> None:
        self._sums: dict[str, Any] = {}
        self._waiting: dict[str, list[Any]] = {name: [] for name in KEYS}

    def add(self, orders: Any, lines: Any, refunds: Any) -> None:
        """Take in a batch: the tables of `resolve.Resolved`."""
        rows = pa.concat_tables([_of_lines(orders, lines), _of_refunds(orders, refunds)])
        by_product = _standing_for(rows, "first_of_product")
        self._put("sales_daily", _converted(by_product, KEYS["sales_daily"]))
        by_country = _standing_for(rows, "first_of_order")
        by_country = _converted(by_country, KEYS["sales_daily_country"])
        self._put("sales_daily_country", by_country)
        self._put("sales_daily_channel", _summed(by_country, KEYS["sales_daily_channel"]))
        counted = orders.filter(orders["counted"])
        hours = counted.group_by(list(KEYS["sales_hourly"]), use_threads=False)
        self._put("sales_hourly", hours.aggregate([([], "count_all")]).rename_columns(
            [*KEYS["sales_hourly"], "orders"]
        ))  # fmt: skip

    def _put(self, name: str, groups: Any) -> None:
        """Fold when much waits, and as much as is folded: a group is added up a few times only."""
        self._waiting[name].append(groups)
        held = self._sums[name].num_rows if name in self._sums else 0
        if sum(part.num_rows for part in self._waiting[name]) > max(held, _WAITING_ROWS):
            self._fold(name)

    def _fold(self, name: str) -> None:
        parts = [*([self._sums[name]] if name in self._sums else []), *self._waiting[name]]
        if self._waiting[name]:
            joined = pa.concat_tables(parts, promote_options="permissive")
            self._sums[name] = _summed(joined, KEYS[name])
        self._waiting[name] = []

    def tables(self) -> Iterator[tuple[str, Any]]:
        """Each roll-up's name with its groups, in the order of their keys; none twice."""
        for name, keys in KEYS.items():
            self._fold(name)
            if name in self._sums and self._sums[name].num_rows:
                yield name, self._sums[name].sort_by([(key, "ascending") for key in keys])

    def days(self) -> tuple[Any, Any] | None:
        """The first and the last day that anything was added to."""
        parts = [*self._sums.values(), *(part for kept in self._waiting.values() for part in kept)]
        found = [chunk for part in parts for chunk in part["day"].chunks if len(chunk)]
        if not found:
            return None
        ends = pc.min_max(pa.chunked_array(found))
        return ends["min"].as_py(), ends["max"].as_py()


def _of_lines(orders: Any, lines: Any) -> Any:
    """What each counted line adds, in its own currency."""
    lines = lines.filter(lines["counted"])
    of = orders.select(_OF_ORDER).take(lines["order"])
    quantity, price, cost = (
        lines[name].cast(_FACTOR) for name in ("quantity", "unit_price", "unit_cost")
    )
    gross = pc.multiply(quantity, price).cast(_EXACT)
    discounts, tax = lines["discount"].cast(_EXACT), lines["tax"].cast(_EXACT)
    net = _less(_less(gross, discounts), tax)
    costed = pc.is_valid(cost)
    amounts = {
        "units": quantity.cast(_EXACT), "gross": gross, "discounts": discounts, "tax": tax,
        "shipping": lines["shipping"].cast(_EXACT), "net": net,
        "net_costed": pc.if_else(costed, net, pa.scalar(None, _EXACT)),
        "cogs": pc.multiply(quantity, cost).cast(_EXACT),
    }  # fmt: skip
    ones = pa.array(np.ones(len(lines), dtype=np.int64))
    counts = {
        "lines": ones, "unfeed_lines": ones, "uncosted_lines": _ones(pc.invert(costed)),
        "first_of_order": _ones(lines["first_of_order"]),
        "first_of_product": _ones(lines["first_of_product"]),
    }  # fmt: skip
    return _rows(of, lines, counts, amounts)


def _of_refunds(orders: Any, refunds: Any) -> Any:
    """What each counted refund takes away, on its own day; of goods alone in a file."""
    refunds = refunds.filter(refunds["counted"])
    of = orders.select(_OF_ORDER).take(refunds["order"])
    of = of.set_column(of.schema.get_field_index("day"), "day", refunds["day"])
    amount = refunds["amount"].cast(_EXACT)
    taken = pc.negate(amount)
    amounts = {
        "refunds": amount,
        "net": taken,
        "net_costed": pc.if_else(refunds["costed"], taken, pa.scalar(None, _EXACT)),
    }
    counts = {"refund_lines": pa.array(np.ones(len(refunds), dtype=np.int64))}
    return _rows(of, refunds, counts, amounts)


def _rows(of: Any, rows: Any, counts: Any, amounts: Any) -> Any:
    """One layout for lines and refunds; a measure that is not given adds nothing."""
    none, nothing = pa.array(np.zeros(len(rows), dtype=np.int64)), pa.nulls(len(rows), _EXACT)
    numbers = ("first_of_order", "first_of_product", *_COUNTS)
    return pa.table({
        **{name: of[name] for name in ("day", "channel", "country", "segment")},
        **{name: rows[name] for name in ("product_id", "rate")},
        "known": _ones(pc.is_valid(of["customer_id"])),
        "returning": _ones(pc.fill_null(of["returning_customer"], False)),
        **{name: counts.get(name, none) for name in numbers},
        **{name: amounts.get(name, nothing) for name in _AMOUNTS},
    })  # fmt: skip


def _standing_for(rows: Any, first: str) -> Any:
    """The rows with their orders counted where `first` says that a line stands for its order."""
    stands = rows[first]
    given = {
        "orders": stands,
        "known_orders": pc.multiply(stands, rows["known"]),
        "returning_orders": pc.multiply(stands, rows["returning"]),
    }
    for name, values in given.items():
        rows = rows.set_column(rows.schema.get_field_index(name), name, values)
    return rows


def _converted(rows: Any, keys: tuple[str, ...]) -> Any:
    """Summed by group and rate, then in the company's currency: sums are multiplied, not lines."""
    groups = _summed(rows, (*keys, "rate"))
    rate = groups["rate"]
    gap = _ones(pc.is_null(rate))
    columns = {name: groups[name] for name in (*keys, *MEASURES)}
    columns["gap_orders"] = pc.multiply(gap, groups["orders"])
    columns["gap_lines"] = pc.multiply(gap, pc.add(groups["lines"], groups["refund_lines"]))
    if not pc.all(pc.equal(rate, 1)).as_py() or rate.null_count:
        factor = pc.fill_null(rate, 0).cast(pa.decimal256(24, 12))
        for name in _MONEY:
            columns[name] = pc.multiply(groups[name].cast(pa.decimal256(38, 12)), factor).cast(
                _CONVERTED
            )
        return _summed(pa.table(columns), keys)
    return pa.table(columns)


def _summed(rows: Any, keys: tuple[str, ...]) -> Any:
    """Sums of each group; nothing to add is 0."""
    every = pc.ScalarAggregateOptions(skip_nulls=True, min_count=0)
    groups = rows.group_by(list(keys), use_threads=False).aggregate(
        [(name, "sum", every) for name in MEASURES if name in rows.column_names]
    )
    return groups.rename_columns([name.removesuffix("_sum") for name in groups.column_names])


def _less(left: Any, right: Any) -> Any:
    return pc.subtract(left, right).cast(_EXACT)


def _ones(mask: Any) -> Any:
    return mask.cast(pa.int64())
