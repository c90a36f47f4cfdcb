"""Takes whole new orders of a file straight into the tables, a batch at a time.

What `merge` does in SQL for orders that may be stored already, this does in memory for those that
cannot be: it numbers the lines, resolves products, customers and rates, and adds the days up.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, text

from data import company
from data.ingest import customers, rollups
from data.ingest.arrow_copy import copy_in, numbered
from data.ingest.daily_sums import DailySums
from data.ingest.gather import Orders

_ORDER = (
    "id", "source", "source_id", "ordered_at", "day", "hour", "channel", "country", "customer_id",
    "status", "counted", "taxes_included", "returning_customer",
)  # fmt: skip
_LINE = (
    "order_id", "line", "product_id", "quantity", "unit_price", "discount", "tax", "shipping",
    "unit_cost", "currency", "rate", "counted", "first_of_order", "first_of_product",
)  # fmt: skip
_REFUND = (
    "order_id", "source_id", "product_id", "refunded_at", "day", "hour", "amount", "tax",
    "shipping", "currency", "rate", "costed", "with_fees", "counted",
)  # fmt: skip
_STORED = (
    "SELECT n, o.id FROM in_numbered JOIN orders o "
    "ON o.source_id = in_numbered.name AND o.source = :source"
)
_PRODUCTS = (
    "INSERT INTO products (sku, source) SELECT name, :source FROM in_numbered "
    "ON CONFLICT (sku) DO UPDATE SET last_seen = now()"
)
_RATES = (
    "SELECT fx_rate(currency, :company, day) FROM unnest(CAST(:day AS date[]), "
    "CAST(:currency AS text[])) WITH ORDINALITY AS wanted (day, currency, n) ORDER BY n"
)
_EACH_DAY = (
    "SELECT CAST(:first AS date) + n AS day "
    "FROM generate_series(0, CAST(:last AS date) - CAST(:first AS date)) n"
)
_RATE = pa.decimal128(24, 12)
_PENNIES = pa.decimal128(38, 2)


class Scattered(Exception):
    """An order has rows in places of the file that are far apart."""


class Loader:
    """Loads into the caller's transaction, which holds the lock of the sales.

    A context manager: it ends the thread that adds up beside the writing.
    """

    def __init__(self, opened: Connection, source: str) -> None:
        self._opened = opened
        self._source = source
        self._zone = company.zone()
        self._products: dict[str, int] = {}
        self._sums = DailySums()
        self._adder = ThreadPoolExecutor(1)
        self._adding: Future[None] | None = None
        self._first: int | None = None
        self._changed = False
        self.orders = self.lines = self.differing = 0

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, *_: object) -> None:
        self._adder.shutdown()

    def take(self, orders: Orders) -> Orders:
        """Load the new ones; returns those stored before. Raises Scattered."""
        names = orders.heads["order_id"]
        stored = numbered(self._opened, names, _STORED, source=self._source)
        known = np.zeros(len(orders), dtype=bool)
        for n, number in stored:
            known[n] = True
            if self._first is not None and number >= self._first:
                raise Scattered
        if not known.all():
            self._load(orders.where(~known))
        return orders.where(known)

    def _load(self, new: Orders) -> None:
        heads = self._heads(new.heads)
        lines = self._lines(new, heads)
        refunds = self._refunds(lines, heads)
        self._settle()
        self._adding = self._adder.submit(self._sums.add, heads, lines, refunds)
        ids = heads["id"]
        copy_in(self._opened, "orders", heads.select(_ORDER))
        for table, rows, names in (("order_lines", lines, _LINE), ("refunds", refunds, _REFUND)):
            named = rows.append_column("order_id", ids.take(rows["order"]))
            copy_in(self._opened, table, named.select(names))
        self.orders += len(heads)
        self.lines += len(lines)
        self.differing += pc.sum(new.heads["differing"]).as_py()

    def _heads(self, heads: Any) -> Any:
        count = len(heads)
        first = self._opened.execute(
            text("SELECT nextval(:ids) AS first, setval(:ids, lastval() + :more)"),
            {"ids": "orders_id_seq", "more": count - 1},
        ).scalar_one()
        self._first = self._first or first
        found = customers.take(self._opened, self._source, heads)
        customers.settle(self._opened, self._change)
        day, hour = self._local(heads["ordered_at"])
        returning = pc.if_else(
            heads["counted"], pc.greater(heads["ordered_at"], found.first_ordered_at), None
        )
        segment = pc.if_else(returning, "returning", "new")
        return pa.table({
            "id": pa.array(np.arange(first, first + count)),
            "source": pa.array([self._source]).take(pa.array(np.zeros(count, dtype=np.int32))),
            "source_id": heads["order_id"], "ordered_at": heads["ordered_at"],
            "day": day, "hour": hour, "channel": heads["channel"], "country": heads["country"],
            "customer_id": found.ids, "status": heads["status"], "counted": heads["counted"],
            "taxes_included": pa.array(np.ones(count, dtype=bool)),
            "returning_customer": returning, "segment": pc.fill_null(segment, "unknown"),
        })  # fmt: skip

    def _lines(self, new: Orders, heads: Any) -> Any:
        """Numbered within their order as `merge` numbers them: counted first, by product."""
        rows = new.rows.append_column("product_id", self._product_ids(new.rows["sku"]))
        order, product = rows["order"].to_numpy(), rows["product_id"].to_numpy()
        counted = rows["counted"].to_numpy()
        sorting = np.lexsort((product, ~counted, order))
        rows, order, product = rows.take(pa.array(sorting)), order[sorting], product[sorting]
        counted = counted[sorting]
        opens = np.append(True, order[1:] != order[:-1])
        starts = np.flatnonzero(opens)
        line = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order)))) + 1
        other = opens | np.append(True, product[1:] != product[:-1])
        days = heads["day"].take(rows["order"])
        added = {
            "line": line, "first_of_order": counted & opens, "first_of_product": counted & other
        }  # fmt: skip
        for name, values in added.items():
            rows = rows.append_column(name, pa.array(values))
        return rows.append_column("rate", self._rates_of(days, rows["currency"]))

    def _refunds(self, lines: Any, heads: Any) -> Any:
        """Refunds of goods, numbered within their order by product name, time and amount."""
        rows = lines.filter(pc.greater(lines["refunded"], pa.scalar(0, lines["refunded"].type)))
        rows = rows.sort_by([
            (name, "ascending") for name in ("order", "sku", "refunded_at", "refunded", "position")
        ])  # fmt: skip
        order = rows["order"].to_numpy()
        number = pd.Series(order).groupby(order).cumcount().to_numpy() + 1
        day, hour = self._local(rows["refunded_at"])
        none = pa.array(np.zeros(len(rows), dtype=np.int64))
        return pa.table({
            "order": rows["order"], "source_id": pa.array(number).cast(pa.string()),
            "product_id": rows["product_id"], "refunded_at": rows["refunded_at"],
            "day": day, "hour": hour, "amount": rows["refunded"], "tax": none, "shipping": none,
            "currency": rows["currency"], "rate": self._rates_of(day, rows["currency"]),
            "costed": pc.is_valid(rows["unit_cost"]),
            "with_fees": pa.array(np.zeros(len(rows), dtype=bool)), "counted": rows["counted"],
        })  # fmt: skip

    def _local(self, instants: Any) -> tuple[Any, Any]:
        """The company's day and hour of naive UTC instants."""
        local = pd.Series(instants.to_numpy(zero_copy_only=False)).dt.tz_localize("UTC")
        local = local.dt.tz_convert(self._zone).dt.tz_localize(None)
        return (
            pa.array(local.dt.normalize(), pa.timestamp("us")).cast(pa.date32()),
            pa.array(local.dt.hour.to_numpy(), pa.int64()),
        )

    def _product_ids(self, skus: Any) -> Any:
        codes = skus.combine_chunks().dictionary_encode()
        unseen = [sku for sku in codes.dictionary.to_pylist() if sku not in self._products]
        if unseen:
            found = numbered(
                self._opened, pa.array(unseen),
                "SELECT n, id FROM in_numbered JOIN products ON sku = name",
                before=_PRODUCTS, source=self._source,
            )  # fmt: skip
            self._products.update({unseen[n]: number for n, number in found})
        ids = [self._products[sku] for sku in codes.dictionary.to_pylist()]
        return pa.array(ids, pa.int64()).take(codes.indices)

    def _rates_of(self, days: Any, currencies: Any) -> Any:
        """Company currency for one of each row's on its day; null where no rate is known."""
        wanted = pa.table({"day": days, "currency": currencies})
        pairs = wanted.group_by(["day", "currency"], use_threads=False).aggregate([])
        if pc.all(pc.equal(pairs["currency"], company.currency())).as_py():
            return pa.array([1], _RATE).take(pa.array(np.zeros(len(wanted), dtype=np.int8)))
        names = {name: pairs[name].to_pylist() for name in ("day", "currency")}
        rates = self._opened.execute(text(_RATES), {**names, "company": company.currency()})
        priced = pairs.append_column("rate", pa.array(list(rates.scalars()), _RATE))
        placed = wanted.append_column("place", pa.array(np.arange(len(wanted))))
        return placed.join(priced, ["day", "currency"]).sort_by("place")["rate"]

    def _settle(self) -> None:
        if self._adding is not None:
            self._adding.result()

    def _change(self) -> None:
        """Stored orders change too: their differences need somewhere to go."""
        if not self._changed:
            rollups.begin_delta(self._opened)
        self._changed = True

    def finish(self) -> None:
        """Write the roll-ups."""
        self._settle()
        customers.forget(self._opened)
        days = self._sums.days()
        if days is None:
            return
        rollups.forget_customers(self._opened, _EACH_DAY, first=days[0], last=days[1])
        fresh = rollups.untouched(self._opened, *days)
        if not fresh:
            self._change()
        for table, sums in self._sums.tables():
            if fresh:
                copy_in(self._opened, table, _brief(sums))
            elif table != "sales_daily_channel":
                sign = pa.array(np.ones(len(sums), dtype=np.int64))
                copy_in(self._opened, f"delta_{table}", sums.append_column("sign", sign))
        if self._changed:
            rollups.apply_delta(self._opened)
        else:
            rollups.mark_changed(self._opened)


def _brief(sums: Any) -> Any:
    """What the tables take for not given, 0 throughout, left out; pennies where they are exact."""
    for name in (name for name in rollups.MEASURES if name in sums.column_names):
        column = sums[name]
        if not pc.any(pc.not_equal(column, pa.scalar(0, column.type))).as_py():
            sums = sums.drop_columns(name)
        elif pa.types.is_decimal(column.type):
            with suppress(pa.ArrowInvalid):
                at = sums.schema.get_field_index(name)
                sums = sums.set_column(at, name, column.cast(_PENNIES))
    return sums
