"""New orders go straight into the tables, in batches; the figures must not show it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import settings
from data import database as stored
from data.ingest import csvfile, gather, load, rollups
from tests.data.order_files import take
from tests.data.test_sales import HEADER

TABLES = ("orders", "order_lines", "refunds", "customers", *rollups.ROLLUPS, "sales_hourly")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A file of some hundred lines comes in many batches."""
    monkeypatch.setattr(csvfile, "BLOCK_BYTES", 1500)
    monkeypatch.setattr(gather, "BATCH_ROWS", 30)
    yield
    settings.cache_clear()


def lines(orders: int, seed: int = 1) -> list[list[str]]:
    """The rows of each of that many orders, of customers who come back, in three currencies."""
    chance = random.Random(seed)
    return [_order(chance, number) for number in range(orders)]


def _order(chance: random.Random, number: int) -> list[str]:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(90 * 1440))
    channel, customer = chance.choice("ab"), chance.choice(["", *"UVWXYZ"])
    status, currency = chance.choice(["paid", "", "test"]), chance.choice(["GBP", "USD", "SEK"])
    rows = []
    for _ in range(chance.randint(1, 4)):
        refund = chance.choice(["", f"1.5,{at + timedelta(40)}"]) or ","
        rows.append(
            f"{number},{at},{channel},{customer},{chance.choice('ABC')},{chance.randint(1, 9)},"
            f"{chance.randint(100, 9999) / 100},0.25,1,2,{refund},{currency},{status},"
            f"{chance.choice(['', '3.1'])},{chance.choice(['GB', ''])}"
        )
    return rows


def _flat(orders: list[list[str]]) -> list[str]:
    return [row for order in orders for row in order]


def _contents() -> dict[str, list[tuple[object, ...]]]:
    """What the tables hold, without the numbers that rows happen to get."""
    return {
        "sums": [
            tuple(row.values())
            for table in ("sales_daily_channel", "sales_daily_country", "sales_hourly")
            for row in stored.read(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4")
        ],
        "by product": [
            tuple(row.values())
            for row in stored.read(
                "SELECT p.sku, d.day, d.channel, orders, known_orders, returning_orders, lines, "
                "units, net, refunds, cogs, gap_orders, gap_lines, net_costed "
                "FROM sales_daily d JOIN products p ON p.id = d.product_id ORDER BY 1, 2, 3"
            )
        ],
        "orders": [
            tuple(row.values())
            for row in stored.read(
                "SELECT o.source_id, ordered_at, day, hour, channel, o.country, status, counted, "
                "returning_customer, c.source_id, c.first_ordered_at "
                "FROM orders o LEFT JOIN customers c ON c.id = o.customer_id ORDER BY 1"
            )
        ],
        "lines": [
            tuple(row.values())
            for row in stored.read(
                "SELECT o.source_id, line, sku, quantity, l.unit_price, discount, tax, shipping, "
                "l.unit_cost, l.currency, rate, l.counted, first_of_order, first_of_product "
                "FROM order_lines l JOIN orders o ON o.id = l.order_id "
                "JOIN products p ON p.id = product_id ORDER BY 1, sku, 4, 5, 2"
            )
        ],
        "refunds": [
            tuple(row.values())
            for row in stored.read(
                "SELECT o.source_id, r.source_id, sku, refunded_at, r.day, amount, r.rate, costed, "
                "r.counted FROM refunds r JOIN orders o ON o.id = r.order_id "
                "JOIN products p ON p.id = product_id ORDER BY 1, 2"
            )
        ],
    }


def _forget() -> None:
    """All but the products, by whose numbers lines are ordered."""
    stored.execute(f"TRUNCATE {', '.join(TABLES)}, sales_sources, sales_state")


def _rate() -> None:
    stored.execute(
        "INSERT INTO fx_rates (base, quote, day, rate, source, source_id) "
        "SELECT 'USD', 'GBP', day, 0.7 + extract(day FROM day) / 300, 'csv', day::text "
        "FROM generate_series(date '2026-01-01', '2026-06-30', '3 days') day"
    )


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "America/New_York"])
def test_orders_loaded_straight_equal_the_same_orders_merged(
    zone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPANY_TIMEZONE", zone)
    settings.cache_clear()
    _rate()
    rows = _flat(lines(150))
    report = take(tmp_path, HEADER, *rows)
    loaded = _contents()
    assert report.counts["new orders"] == 150
    assert report.counts["lines written"] == len(rows)
    _forget()

    def scattered(*_: object) -> None:
        raise load.Scattered

    monkeypatch.setattr(load.Loader, "take", scattered)
    assert take(tmp_path, HEADER, *rows).counts == report.counts
    merged = _contents()
    for part, found in loaded.items():
        assert found == merged[part], part


@pytest.mark.usefixtures("database")
def test_roll_ups_of_loaded_orders_equal_those_made_from_the_rows(tmp_path: Path) -> None:
    _rate()
    take(tmp_path, HEADER, *_flat(lines(120)))
    take(tmp_path, HEADER, *_flat(lines(200, seed=2)))
    kept = _contents()
    rollups.rebuild()
    assert _contents() == kept


@pytest.mark.usefixtures("database")
def test_an_order_whose_rows_lie_far_apart_is_taken_whole(tmp_path: Path) -> None:
    _rate()
    orders = lines(150)
    take(tmp_path, HEADER, *_flat(orders))
    together = _contents()
    _forget()
    firsts, others = [order[:1] for order in orders], [order[1:] for order in orders]
    report = take(tmp_path, HEADER, *_flat(firsts), *_flat(others))
    assert report.counts["new orders"] == 150
    assert _contents() == together


@pytest.mark.usefixtures("database")
def test_a_file_of_known_and_new_orders_is_split_between_both_ways(tmp_path: Path) -> None:
    _rate()
    orders = lines(150)
    take(tmp_path, HEADER, *_flat(orders[::3]))
    report = take(tmp_path, HEADER, *_flat(orders))
    assert (report.counts["new orders"], report.counts["unchanged orders"]) == (100, 50)
    mixed = _contents()
    _forget()
    take(tmp_path, HEADER, *_flat(orders))
    assert _contents() == mixed
