"""Sales KPIs on ten times the orders, and the import with and without its roll-ups."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median

from bench.orders import fill, write_csv
from bench.report import Row
from bench.servers import new_home, throw_away
from bench.session import beside
from data import company, database, migrate
from data.ingest import rollups
from data.ingest.daily_sums import DailySums
from data.ingest.orders import import_orders
from data.queries import kpi as kpis

SLUGS = ("net_revenue", "total_sales", "orders", "units", "average_order_value",
         "gross_margin_pct", "refund_rate", "returning_customer_rate")  # fmt: skip


def queries_ms() -> dict[str, float]:
    """Milliseconds of each sales KPI over the last 90 days, warm, median of 15."""
    today = company.today()
    start = today - timedelta(days=89)
    return {slug: _median_ms(slug, start, today) for slug in SLUGS}


def _median_ms(slug: str, start: object, end: object) -> float:
    took = []
    for _ in range(15):
        began = time.perf_counter()
        figure = kpis.value(slug, start, end)  # type: ignore[arg-type]
        took.append((time.perf_counter() - began) * 1000)
        assert figure.value is not None, figure.reason
    return median(took)


def by_volume(small: int, found: dict[str, float], large: int) -> list[Row]:
    """`found` on the large volume, against the same queries on a small one made here."""
    home = new_home()
    with beside(home):
        migrate.upgrade()
        fill(small)
        before = queries_ms()
    throw_away(home)
    rows = [
        Row(f"query {slug}, {large:,} lines", f"{ms:.2f} ms", f"{before[slug]:.2f} ms on {small:,}",
            "≤ 5 ms", ms <= 5)
        for slug, ms in found.items()
    ]  # fmt: skip
    ratio = sum(found.values()) / sum(before.values())
    rows.append(
        Row(f"all of them, {large:,} lines against {small:,}", f"{ratio:.2f}×", "", "≤ 1.3×",
            ratio <= 1.3)
    )  # fmt: skip
    return rows


def imports(lines: int = 400_000) -> list[Row]:
    """Lines a second from a CSV file, against the same with roll-ups left out."""
    home = new_home()
    folder = Path(tempfile.mkdtemp(prefix="sentia-bench-csv-"))
    file = folder / "orders.csv"
    write_csv(file, lines)
    with beside(home):
        migrate.upgrade()
        kept = bare = 0.0
        for _ in range(3):  # in turns, so that what the machine does besides falls on both
            kept = max(kept, _lines_a_second(file, lines))
            with _without_rollups():
                bare = max(bare, _lines_a_second(file, lines))
    throw_away(home)
    shutil.rmtree(folder)
    share = kept / bare
    return [
        Row(f"import of {lines:,} order lines, roll-ups kept", f"{kept:,.0f} lines/s",
            f"{bare:,.0f} without", "≥ 100,000", kept >= 100_000),
        Row("the same against without roll-ups", f"{share:.2f}×", "", "≥ 0.75×", share >= 0.75),
    ]  # fmt: skip


def _lines_a_second(file: Path, lines: int) -> float:
    """Into empty tables."""
    database.execute(
        "TRUNCATE orders, order_lines, refunds, customers, products, sales_daily, "
        "sales_daily_channel, sales_daily_country, sales_hourly"
    )
    began = time.perf_counter()
    import_orders(file)
    return lines / (time.perf_counter() - began)


@contextmanager
def _without_rollups() -> Iterator[None]:
    kept = rollups.add_delta, rollups.apply_delta, DailySums.add
    nothing = lambda *_, **__: None  # noqa: E731
    rollups.add_delta = rollups.apply_delta = nothing
    DailySums.add = nothing  # type: ignore[method-assign]
    try:
        yield
    finally:
        rollups.add_delta, rollups.apply_delta, DailySums.add = kept  # type: ignore[method-assign]
