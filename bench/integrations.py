"""A shop of 100,000 orders on a loopback socket: loaded, read again, and read beside pages."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from bench import beside_sync, servers
from bench.report import Row
from bench.servers import new_home, throw_away
from bench.session import beside
from config.settings import settings
from data import migrate
from data.integrations import connections, sync

ORDERS = 100_000
LINES_AN_ORDER = 2
MIB = 1024 * 1024


def synchronised() -> Iterator[Row]:
    """Order lines a second in one process, and how its memory grows meanwhile."""
    home = new_home()
    with shop(_serve) as url, environment(SHOPIFY_BASE_URL=url), beside(home):
        migrate.upgrade()
        yield from _loaded("first load by bulk operation, 100,000 orders")
        beside_sync.start_anew()
        yield from _loaded("the same read again page by page")
        connections.pause("shopify")
        product = servers.product(home)
        product.start()
        try:
            yield from beside_sync.page_p95(product)
        finally:
            product.stop()
    throw_away(home)


def _loaded(what: str) -> Iterator[Row]:
    with memory() as taken:
        began = time.perf_counter()
        outcome = sync.sync("shopify")
        took = time.perf_counter() - began
    assert (outcome.state, outcome.rows) == ("done", ORDERS), outcome
    rate = ORDERS * LINES_AN_ORDER / took
    yield Row(what, f"{rate:,.0f} lines/s", f"{took:.1f} s", "≥ 5,000 lines/s", rate >= 5000)
    grown = taken.highest - taken.settled
    yield Row(
        f"RSS during it: {what}",
        f"{taken.highest / MIB:.0f} MiB",
        f"{grown / MIB:.0f} MiB more than after the first tenth",
        "flat (≤ 25 MiB more), ≤ 300 MB",
        grown <= 25 * MIB and taken.highest <= 300e6,
    )


class Memory:
    """RSS of this process while something runs, a sample every 50 ms."""

    def __init__(self) -> None:
        self.samples: list[int] = []
        self.over = threading.Event()

    def sample(self) -> None:
        process = psutil.Process()
        while not self.over.wait(0.05):
            self.samples.append(process.memory_info().rss)

    @property
    def settled(self) -> int:
        return max(self.samples[: max(1, len(self.samples) // 10)])

    @property
    def highest(self) -> int:
        return max(self.samples)


@contextmanager
def memory() -> Iterator[Memory]:
    made = Memory()
    thread = threading.Thread(target=made.sample, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.over.set()
        thread.join()


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """Settings of a shop, for this process."""
    given = {"SHOPIFY_SHOP": "bench", "SHOPIFY_CLIENT_ID": "app", "SHOPIFY_CLIENT_SECRET": "right"}
    before = dict(os.environ)
    os.environ.update(given | values)
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()


@contextmanager
def shop(serve: Callable[[Any], None]) -> Iterator[str]:
    """A shop that `serve` runs in a process of its own; gives its address."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(told: Any) -> None:
    from tests.data.integrations.fake_shopify import FakeShopify, Shop, line, order

    # A shop has processors of its own; here it must not take the product's.
    os.nice(10)

    def stamp(n: int) -> str:
        return (
            f"2026-{1 + n // 9000:02d}-{1 + n // 320 % 28:02d}T{n // 60 % 24:02d}:{n % 60:02d}:00Z"
        )

    made = [
        order(n, stamp(n), [line(2 * n, f"SKU{n % 500}", 1, "20.0", "4.0"),
                            line(2 * n + 1, f"SKU{n * 7 % 500}", 2, "30.0", "6.0", "3.0")])
        for n in range(ORDERS)
    ]  # fmt: skip
    fake = FakeShopify(Shop(orders=made, most=100_000, polls=0))
    fake.prepare()
    told.send(fake.url)
    threading.Event().wait()


if __name__ == "__main__":
    for row in synchronised():
        print(f"{row.what}: {row.measured}  {row.reference}")
