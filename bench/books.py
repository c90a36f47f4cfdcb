"""What each page asks of the database on the sample company, warm and cold, at two sizes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from statistics import median

from bench.report import Row
from bench.servers import new_home, throw_away
from bench.session import beside
from config.kpis import KPIS, Bounds
from data import company, database, migrate
from data.ingest import customer_days
from data.queries import (
    finance_board,
    finance_documents,
    inventory_board,
    inventory_products,
    kpi_board,
    production,
    production_board,
    sales_board,
    sales_customers,
)
from data.sample.load import load
from pages import business_data, finance_parts, inventory_parts, overview_data, production_parts

_RUNS = 20
_DAYS = 30
_OF_ORDERS = ("its customers",)
Asked = dict[str, list[Callable[[], object]]]


def pages(lines: int) -> Iterator[Row]:
    """A page's queries over 30 days at `lines` order lines, beside a tenth of them.

    Where the orders of the period are read and not sums of them, the tenth is asked for ten times
    the period, so that as many lie in it and what differs is what lies outside.
    """
    (small, _), (warm, cold) = _at(lines // 10, _DAYS * 10), _at(lines, _DAYS)
    for page, each in warm.items():
        took, grown = each[int(_RUNS * 0.95) - 1], median(each) / median(small[page])
        days = f" and {_DAYS * 10} days" if page in _OF_ORDERS else ""
        yield Row(
            f"queries of {page}, {_DAYS} days of {lines:,} lines, warm p95", f"{took:.0f} ms",
            f"median {median(each):.0f} ms, {median(small[page]):.0f} ms on {lines // 10:,}{days} "
            f"→ {grown:.2f}×", "≤ 150 ms, ≤ 1.3×",
            took <= 150 and grown <= 1.3,
        )  # fmt: skip
        yield Row(f"the same, first time after a start: {page}", f"{cold[page]:.0f} ms", "",
                  "≤ 1,000 ms", cold[page] <= 1_000)  # fmt: skip


def _at(lines: int, days: int) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Milliseconds of each page's queries together: warm (each run's, ascending), and cold."""
    home = new_home()
    with beside(home):
        migrate.upgrade()
        load(lines)
        customer_days.make(seconds=3_600)  # as the worker does in the minutes after
        database.execute("ANALYZE")
    with beside(home):
        asked = _asked(company.today() - timedelta(1), days)
        cold = {page: _ms(queries) for page, queries in asked.items()}
        warm = {page: sorted(_ms(queries) for _ in range(_RUNS)) for page, queries in asked.items()}
    throw_away(home)
    return warm, cold


def _ms(queries: list[Callable[[], object]]) -> float:
    began = time.perf_counter()
    for query in queries:
        query()
    return (time.perf_counter() - began) * 1000


def _asked(end: date, days: int) -> Asked:
    start = end - timedelta(_DAYS - 1)
    now, before = (start, end), (start - timedelta(_DAYS), start - timedelta(1))
    year = (start - timedelta(365), end - timedelta(365))
    spans, closings = (now, before, year), (end, before[1], year[1])
    bounded = [slug for slug, entry in KPIS.items() if entry.bounds != Bounds()
               and entry.area not in ("system", "users")]  # fmt: skip
    shown = overview_data.headline("admin")
    return {
        "Overview": [partial(kpi_board.board, bounded, shown, spans, "day")],
        "Business": _business(now, before, year),
        "its customers": [partial(sales_customers.top, end - timedelta(days - 1), end)],
        "its cohorts": [partial(sales_customers.cohorts, end)],
        "Finance": [partial(finance_board.page, finance_parts.TILES, finance_parts.SPARKS, closings,
                            start, "day"),
                    partial(finance_board.ageing, end), partial(finance_board.profit, start, end),
                    partial(finance_documents.open_documents, "receivables", end)],
        "Inventory": [partial(inventory_board.page, inventory_parts.TILES, closings, start, "day"),
                      partial(inventory_board.history, "RED-700", start, end),
                      partial(inventory_board.batches, "RED-700", end),
                      partial(inventory_products.expiring, end)],
        "Production": [partial(production_board.figures, production_parts.TILES, spans),
                       partial(production_board.over_time, production_parts.SPARKS, start, end,
                               "day"),
                       partial(production.downtime, start, end),
                       partial(production_board.by_group, start, end, "line")],
    }  # fmt: skip


def _business(now: sales_board.Days, before: sales_board.Days,
              year: sales_board.Days) -> list[Callable[[], object]]:  # fmt: skip
    tiles, table = business_data.TILES, business_data.TABLE
    return [
        *(partial(sales_board.figures, tiles, *span) for span in (now, before, year)),
        partial(sales_board.over_time, tiles, *now, "day"),
        partial(sales_board.over_time, ("net_revenue",), *before, "day"),
        partial(sales_board.by_channel, *now, "day"),
        *(partial(sales_board.groups, table, *now, by) for by in ("channel", "product")),
        *(partial(sales_board.groups, table[:1], *before, by) for by in ("channel", "product")),
        partial(sales_board.contributions, "channel", now, before),
        partial(sales_board.over_time, table, *now, "day"),
    ]
