"""Loads the sample's rates, products, customers and orders by COPY, through the roll-ups."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv
from sqlalchemy import Connection, text

from data import company, database
from data.ingest import rollups
from data.sample import SOURCE
from data.sample.company import CHANNELS, PRODUCTS, REGIONS, SEED, Calendar
from data.sample.demand import Floats, Ints, lines
from data.sample.orders import NEVER, Block, Columns, Maker
from data.sample.pricing import Money, PriceList

_BLOCK_LINES = 400_000
_ANCHORS = {"GBP": 1.0, "EUR": 0.855, "USD": 0.770, "CHF": 0.900, "CAD": 0.560, "AUD": 0.505,
            "SEK": 0.0755, "NOK": 0.0725, "DKK": 0.1147, "PLN": 0.199, "JPY": 0.0052}  # fmt: skip
Progress = Callable[[int], None]


@dataclass
class Sold:
    """What the orders add up to, by [day, …]; the rest of the company is made from it."""

    units: Ints  # [day, product, region] sent out
    returned: Ints  # [day, product, region] come back
    charged: Floats  # [day, channel, region] goods, tax and shipping, the region's currency
    refunded: Floats  # [day, channel, region] with tax
    promises: list[tuple[str, int, int]]  # order, day ordered, channel


def load_rates(opened: Connection, calendar: Calendar) -> None:
    """Exchange rates of weekdays, a random walk; real ones that are there already stay."""
    home = company.currency()
    rng = np.random.default_rng([SEED, 6])
    rows = []
    for code in sorted({region.currency for region in REGIONS}):
        walk = np.cumsum(rng.normal(0, 0.0025, calendar.count + 10))
        worth = _ANCHORS[code] / _ANCHORS.get(home, 1.0) * np.exp(walk - walk.mean())
        for at in range(calendar.count + 10):
            day = calendar.first + timedelta(at - 10)
            if code != home and day.weekday() < 5:
                rows.append({"base": code, "quote": home, "day": day,
                             "rate": round(float(worth[at]), 6)})  # fmt: skip
    if rows:
        opened.execute(
            text("INSERT INTO fx_rates (base, quote, day, rate, source, source_id) VALUES "
                 "(:base, :quote, :day, :rate, 'sample', :base || :quote || :day) "
                 "ON CONFLICT DO NOTHING"),
            rows,
        )  # fmt: skip


def known_rates(opened: Connection, calendar: Calendar) -> Floats:
    """[day, region] → company currency for one of the region's, as the database knows them."""
    found = opened.execute(
        text("SELECT n, c.at, fx_rate(c.code, :home, CAST(:first AS date) + n) FROM "
             "generate_series(0, :count) n, "
             "unnest(CAST(:codes AS text[])) WITH ORDINALITY AS c(code, at)"),
        {"home": company.currency(), "first": calendar.first, "count": calendar.count - 1,
         "codes": [region.currency for region in REGIONS]},
    )  # fmt: skip
    rates = np.full((calendar.count, len(REGIONS)), np.nan)
    for day, region, rate in found:
        rates[day, region - 1] = float(rate)
    return rates


def load_orders(opened: Connection, calendar: Calendar, total: int, progress: Progress) -> Sold:
    """Every order line of the sample, `total` of them.

    The next block is made by a thread while PostgreSQL takes the one before.
    """
    counts = lines(calendar, total)
    maker = Maker(calendar, company.zone(), counts)
    prices = PriceList(calendar, known_rates(opened, calendar))
    writer = _Writer(opened, maker)
    sold = _nothing(calendar)

    def made(span: tuple[int, int]) -> tuple[Block, Money, Columns]:
        block = maker.block(*span)
        money = prices.money(block)
        refunds = prices.refunds(block, money, maker.clock, calendar.count - 1)
        _add(sold, block, money, refunds)
        return block, money, refunds

    spans = _blocks(counts)
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(made, spans[0])
        for following in [*spans[1:], None]:
            block, money, refunds = coming.result()
            if following is not None:
                coming = ahead.submit(made, following)
            writer.write(block, money, refunds)
            progress(len(money.quantity))
    writer.write_customers()
    return sold


def _blocks(counts: Ints) -> list[tuple[int, int]]:
    """Ranges of days with about _BLOCK_LINES lines each; the same for the same total."""
    reached = np.cumsum(counts.sum(axis=(1, 2, 3)))
    ends = np.searchsorted(reached, np.arange(_BLOCK_LINES, reached[-1], _BLOCK_LINES)) + 1
    edges = [0, *sorted({int(end) for end in ends if end < len(counts)}), len(counts)]
    return list(pairwise(edges))


class _Writer:
    """COPYs blocks; ids are handed out here, so that lines can name their orders."""

    def __init__(self, opened: Connection, maker: Maker) -> None:
        self.opened = opened
        self.maker = maker
        self.products = _product_ids(opened)
        self.customer_base = _reserve(opened, "customers", len(maker.customers.first_seen))
        self.country = np.array([code for region in REGIONS for code in region.countries])
        self.order_base = 0

    def write(self, block: Block, money: Money, refunds: Columns) -> None:
        """Orders, lines and refunds of a block, and what they add to the roll-ups."""
        count = len(block.orders["at"])
        self.order_base = _reserve(self.opened, "orders", count)
        ids = np.arange(count) + self.order_base
        copy(self.opened, "orders", self._orders(block, ids))
        copy(self.opened, "order_lines", self._lines(block, money, ids))
        copy(self.opened, "refunds", self._refunds(block, money, refunds, ids))
        rollups.begin_delta(self.opened)
        rollups.add_delta(self.opened, 1, f"BETWEEN {int(ids[0])} AND {int(ids[-1])}")
        rollups.apply_delta(self.opened, removals=False)

    def _orders(self, block: Block, ids: Ints) -> dict[str, Any]:
        order = block.orders
        counted = order["fate"] == 0
        return {
            "id": ids, "source": _same(SOURCE, len(ids)), "source_id": _numbers(order["number"]),
            "ordered_at": _instants(order["at"]), "day": _days(self.maker.calendar, order["day"]),
            "hour": _hours(order["at"]), "channel": _names(order["channel"],
                                                           [each.name for each in CHANNELS]),
            "country": pa.array(self.country).take(pa.array(self._country(order))),
            "customer_id": order["customer"] + self.customer_base,
            "status": _names(order["fate"], ["paid", "cancelled", "test"]),
            "counted": counted,
            "returning_customer": pa.array(order["returning"] == 1, mask=~counted),
            "taxes_included": np.ones(len(ids), dtype=bool),
        }  # fmt: skip

    def _country(self, order: Columns) -> Ints:
        sizes = np.array([len(region.countries) for region in REGIONS])
        begins = np.cumsum(sizes) - sizes
        return np.asarray(begins[order["region"]] + order["customer"] % sizes[order["region"]])

    def _lines(self, block: Block, money: Money, ids: Ints) -> dict[str, Any]:
        line = block.lines
        return {
            "order_id": ids[line["order"]], "line": money.line,
            "product_id": self.products[line["product"]], "quantity": money.quantity,
            "unit_price": money.unit_price, "discount": money.discount, "tax": money.tax,
            "shipping": money.shipping, "unit_cost": money.unit_cost, "fees": money.fees,
            "currency": _names(line["region"], [each.currency for each in REGIONS]),
            "rate": money.rate, "counted": money.counted,
            "first_of_order": money.first_of_order, "first_of_product": money.first_of_product,
        }  # fmt: skip

    def _refunds(self, block: Block, money: Money, refunds: Columns, ids: Ints) -> dict[str, Any]:
        rows, count = refunds["row"], len(refunds["row"])
        line = block.lines
        yes = np.ones(count, dtype=bool)
        return {
            "order_id": ids[line["order"][rows]],
            "source_id": pa.array(money.line[rows]).cast(pa.string()),
            "product_id": self.products[line["product"][rows]],
            "refunded_at": _instants(refunds["at"]),
            "day": _days(self.maker.calendar, refunds["day"]), "hour": _hours(refunds["at"]),
            "amount": refunds["amount"], "tax": refunds["tax"], "shipping": np.zeros(count),
            "currency": _names(line["region"][rows], [each.currency for each in REGIONS]),
            "rate": refunds["rate"], "costed": yes, "with_fees": yes, "counted": yes,
        }  # fmt: skip

    def write_customers(self) -> None:
        """Those who ever ordered, with their first counted order."""
        customers = self.maker.customers
        region = customers.region()
        number = np.arange(len(region))
        sizes = np.array([len(each.countries) for each in REGIONS])
        begins = np.cumsum(sizes) - sizes
        country = self.country[begins[region] + number % sizes[region]]
        seen = customers.first_seen < NEVER
        first = np.where(seen, customers.first_seen, 0)
        used = np.zeros(len(region), dtype=bool)
        found = self.opened.execute(
            text("SELECT DISTINCT customer_id FROM orders WHERE source = 'sample'")
        ).scalars()
        used[np.fromiter(found, dtype=np.int64) - self.customer_base] = True
        copy(self.opened, "customers", {
            "id": number[used] + self.customer_base, "source": _same(SOURCE, int(used.sum())),
            "source_id": _numbers(number[used], "C"), "country": pa.array(country[used]),
            "first_ordered_at": pa.array(first[used], pa.timestamp("us"), mask=~seen[used]),
        })  # fmt: skip


def copy(opened: Connection, table: str, columns: dict[str, Any]) -> None:
    """COPY arrays of equal length into the table's columns of those names."""
    target = io.BytesIO()
    made = pa.table({name: _array(values) for name, values in columns.items()})
    if not made.num_rows:
        return
    arrow_csv.write_csv(made, target, arrow_csv.WriteOptions(include_header=False))
    target.seek(0)
    database.copy_from(
        opened, f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)", target
    )


def _array(values: Any) -> Any:
    return values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)


def _same(value: str, count: int) -> Any:
    return pa.repeat(value, count)


def _names(index: Ints, names: list[str]) -> Any:
    return pa.array(names).take(pa.array(index))


def _numbers(values: Ints, prefix: str = "S") -> Any:
    digits = pa.array(values + 10_000_000).cast(pa.string())
    return pa.compute.binary_join_element_wise(prefix, digits, "")


def _instants(microseconds: Ints) -> Any:
    return pa.array(microseconds).cast(pa.timestamp("us", "UTC"))


def _days(calendar: Calendar, index: Ints) -> Any:
    first = np.datetime64(calendar.first, "D")
    return pa.array((first + index).astype("datetime64[D]"))


def _hours(microseconds: Ints) -> Any:
    zone = company.zone().key
    return pa.compute.hour(pa.array(microseconds).cast(pa.timestamp("us", "UTC")).cast(
        pa.timestamp("us", zone)))  # fmt: skip


def _reserve(opened: Connection, table: str, count: int) -> int:
    """The first of `count` consecutive ids of the table's own sequence."""
    last = opened.execute(
        text("SELECT setval(s, nextval(s) + :count) FROM "
             "(SELECT pg_get_serial_sequence(:table, 'id') AS s) named"),
        {"table": table, "count": count},
    ).scalar_one()  # fmt: skip
    return int(last) - count


def _product_ids(opened: Connection) -> Ints:
    rows = opened.execute(text("SELECT sku, id FROM products")).all()
    ids = {str(sku): int(number) for sku, number in rows}
    return np.array([ids[product.sku] for product in PRODUCTS])


def _nothing(calendar: Calendar) -> Sold:
    by_product = (calendar.count, len(PRODUCTS), len(REGIONS))
    by_channel = (calendar.count, len(CHANNELS), len(REGIONS))
    return Sold(np.zeros(by_product, dtype=np.int64), np.zeros(by_product, dtype=np.int64),
                np.zeros(by_channel), np.zeros(by_channel), [])  # fmt: skip


def _add(sold: Sold, block: Block, money: Money, refunds: Columns) -> None:
    line, counted = block.lines, money.counted
    place = (line["day"], line["product"], line["region"])
    np.add.at(sold.units, tuple(axis[counted] for axis in place), money.quantity[counted])
    paid = money.goods + money.shipping
    seller = (line["day"], line["channel"], line["region"])
    np.add.at(sold.charged, tuple(axis[counted] for axis in seller), paid[counted])
    rows = refunds["row"]
    back = (refunds["day"], line["product"][rows], line["region"][rows])
    np.add.at(sold.returned, back, money.quantity[rows])
    given = (refunds["day"], line["channel"][rows], line["region"][rows])
    np.add.at(sold.refunded, given, refunds["amount"] + refunds["tax"])
    order = block.orders
    trade = np.flatnonzero(np.array([each.accounts > 0 for each in CHANNELS])[order["channel"]]
                           & (order["fate"] == 0))  # fmt: skip
    for row in trade[:: max(1, len(trade) // 1500)]:
        sold.promises.append((f"S{order['number'][row] + 10_000_000}", int(order["day"][row]),
                              int(order["channel"][row])))  # fmt: skip
