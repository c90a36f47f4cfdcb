"""Pages of a product whose worker synchronises a shop meanwhile, against the same pages idle."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from statistics import quantiles

from bench import wire
from bench.report import Row
from bench.servers import Server
from bench.session import admin_cookie
from data import database
from data.integrations import connections, runs

PAGES = ("performance", "business")
ROUNDS = 3  # in turns: the machine itself is not as fast in every minute
LOOKS = 100
PAUSE_S = 0.1
_STARTS_WITHIN_S = 60
_STATE = "SELECT state FROM integration_runs ORDER BY id DESC LIMIT 1"


def page_p95(product: Server) -> Iterator[Row]:
    """95th percentile of reruns a tenth of a second apart, idle and while pages are stored."""
    cookie = "=".join(admin_cookie())
    for page in PAGES:
        idle, busy, running = [], [], True
        for _ in range(ROUNDS):
            idle += asyncio.run(_looked(product, page, cookie))
            _begin()
            busy += asyncio.run(_looked(product, page, cookie))
            running = running and database.scalar(_STATE) == "running"
            connections.pause("shopify")
            _until("state <> 'running'")
        alone, beside = (quantiles(took, n=20)[-1] for took in (idle, busy))
        share = beside / alone
        yield Row(
            f"p95 of the {page} page while a shop is synchronised", f"{beside * 1000:.0f} ms",
            f"idle {alone * 1000:.0f} ms → {share:.2f}×", "≤ 1.2×", share <= 1.2 and running,
        )  # fmt: skip


def start_anew() -> None:
    """The next run reads every order again, page by page."""
    runs.reset("shopify", "orders")
    database.execute(
        "INSERT INTO integration_cursors (connection, stream, position) "
        "VALUES ('shopify', 'orders', '{\"paged\": true}')"
    )


def _begin() -> None:
    """Have the worker read every order again, and wait until it does."""
    start_anew()
    connections.pause("shopify", False)
    connections.request("shopify")
    _until("state = 'running' AND rows > 1000")


def _until(condition: str) -> None:
    end = time.monotonic() + _STARTS_WITHIN_S
    last = "SELECT * FROM integration_runs ORDER BY id DESC LIMIT 1"
    while not database.read(f"SELECT FROM ({last}) r WHERE {condition}"):
        if time.monotonic() > end:
            raise TimeoutError(f"no run with {condition} within {_STARTS_WITHIN_S} s")
        time.sleep(0.1)


async def _looked(product: Server, slug: str, cookie: str) -> list[float]:
    """Seconds of each rerun."""
    page = await wire.opened(product.url, slug, cookie)
    took = []
    for _ in range(LOOKS):
        took.append(await page.rerun())
        await asyncio.sleep(PAUSE_S)
    await page.connection.close()
    return took
