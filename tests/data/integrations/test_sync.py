"""Synchronising: nothing skipped, nothing doubled, whatever happens in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time as clock
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest

from data import database as db
from data.integrations import connections, runs, sync
from data.integrations import shopify as vendor
from data.integrations.errors import Unreachable
from data.integrations.records import Balance, Page
from data.integrations.together import together
from tests.data.integrations.fake import Answer
from tests.data.integrations.fake_shopify import FakeShopify, Shop, line, order, refund
from tests.data.integrations.scene import Time


def _orders(count: int, start: int = 1) -> list[Any]:
    first = datetime(2026, 11, 1, tzinfo=UTC)
    return [
        order(n, f"{first + timedelta(minutes=n):%Y-%m-%dT%H:%M:%SZ}",
              [line(n, "A", 1, "10.0", "2.0")])
        for n in range(start, start + count)
    ]  # fmt: skip


def _count(table: str) -> int:
    return int(db.scalar(f"SELECT count(*) FROM {table}"))


def _net() -> float:
    return float(db.scalar("SELECT COALESCE(sum(net), 0) FROM sales_daily_channel"))


def test_a_first_load_and_then_only_what_changed(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders = _orders(30)
    assert sync.sync("shopify", time.world).state == "done"
    assert (_count("orders"), _net()) == (30, 300)
    shop.orders[0]["updatedAt"] = "2026-11-21T00:00:00Z"
    shop.orders[0]["refunds"] = [refund(1, "2026-11-21T00:00:00Z", "6.0", [(1, 1, "5.0", "1.0")])]
    shop.orders[1] |= {"updatedAt": "2026-11-21T00:00:00Z", "cancelledAt": "2026-11-21T00:00:00Z"}
    assert sync.sync("shopify", time.world).rows == 2
    assert (_count("orders"), _net()) == (30, 300 - 5 - 10)
    refunded = db.scalar("SELECT sum(refunds) FROM sales_daily_channel WHERE day = '2026-11-21'")
    assert refunded == 5


def test_an_order_on_two_pages_counts_once(shopify: FakeShopify, shop: Shop, time: Time) -> None:
    shop.bulk, shop.page = False, 10
    shop.orders = [*_orders(15), *_orders(5, 11)]
    sync.sync("shopify", time.world)
    assert (_count("orders"), _net()) == (15, 150)


def test_a_stop_between_page_and_commit_repeats_the_page(
    shopify: FakeShopify, shop: Shop, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.bulk, shop.page, shop.orders = False, 10, _orders(35)
    real, seen = runs.progress, []

    def killed(*given: Any) -> None:
        seen.append(given)
        if len(seen) == 3:
            raise SystemExit
        real(*given)

    with monkeypatch.context() as patched:
        patched.setattr(runs, "progress", killed)
        patched.setattr(vendor, "BATCH", 20)
        with pytest.raises(SystemExit):
            sync.sync("shopify", time.world)
    assert _count("orders") == 20
    assert sync.sync("shopify", time.world).state == "done"
    assert (_count("orders"), _net()) == (35, 350)
    states = db.read("SELECT state FROM integration_runs ORDER BY id")
    assert [row["state"] for row in states] == ["interrupted", "done"]


def _pages(time: Time, *sizes: int, seconds: float = 0.0) -> Iterator[Page]:
    balance = Balance("1", "Current", date(2026, 11, 1), Decimal(1), "GBP")
    for number, size in enumerate(sizes, 1):
        time.at += seconds
        yield Page([balance] * size, {"page": number})
    raise Unreachable("The vendor answered with error 500.")


@pytest.mark.parametrize(
    ("seconds", "stored"),
    [(0.0, [(0, 1), (300, 3), (250, 4), (0, 5), (10, 6)]), (3.0, [(0, 1), (150, 2)])],
)
def test_pages_of_a_quick_vendor_are_stored_together_and_those_of_a_slow_one_at_once(
    time: Time, seconds: float, stored: list[Any]
) -> None:
    pages = _pages(time, 0, 150, 150, 250, 0, 10, seconds=seconds)
    walked = together(pages, 250, time.world)
    taken = [(len(page.records), page.position["page"]) for page in islice(walked, len(stored))]
    assert taken == stored
    if not seconds:
        with pytest.raises(Unreachable):
            next(walked)


_WORKER = """
from data import database
from data.integrations import sync
database.start()
print("started", flush=True)
print(sync.sync("shopify").state, flush=True)
"""


def _worker(url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _WORKER],
        env=os.environ | {"DATABASE_URL": url},
        stdout=subprocess.PIPE,
    )


def test_a_worker_that_is_killed_loses_and_doubles_nothing(
    shopify: FakeShopify, shop: Shop, database: str
) -> None:
    shop.bulk, shop.orders = False, _orders(3500)
    for _ in range(3):
        worker = _worker(database)
        before = _count("orders")
        ends = clock.monotonic() + 20
        while _count("orders") < before + 10 and clock.monotonic() < ends:
            clock.sleep(0.02)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert _worker(database).wait() == 0
    assert (_count("orders"), _net()) == (3500, 35_000)


def test_two_workers_at_once_do_the_work_once(shopify: FakeShopify, shop: Shop, time: Time) -> None:
    shop.bulk, shop.page, shop.orders = False, 10, _orders(60)
    outcomes: list[str] = []

    def work() -> None:
        outcomes.append(sync.sync("shopify", time.world).state)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert "done" in outcomes
    assert set(outcomes) <= {"done", "busy"}
    assert (_count("orders"), _net()) == (60, 600)


def test_a_cursor_that_another_worker_moved_stops_this_one(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.bulk, shop.page, shop.orders = False, 10, _orders(30)
    client = connections.named("shopify").client(time.world)
    stream = client.streams()[1]
    first = next(stream.pages(None))
    db.execute(
        "INSERT INTO integration_cursors (connection, stream, position) "
        "VALUES ('shopify', 'orders', '{\"since\": \"2026-11-01T00:00:00Z\"}')"
    )
    with db.transaction() as opened, pytest.raises(runs.Overtaken):
        runs.require(opened, "shopify", "orders", None)
    assert first.records


def test_a_vendor_that_is_down_costs_the_run_and_nothing_else(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders = _orders(5)
    sync.sync("shopify", time.world)
    shopify.faults = [Answer(503, {})] * 50
    outcome = sync.sync("shopify", time.world)
    assert outcome.state == "failed"
    assert "the last good data stays" in str(outcome.error)
    assert (_count("orders"), _net()) == (5, 50)


def test_a_limit_pauses_the_schedule_until_it_is_over(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    time.at = clock.time()
    shopify.faults = [None, Answer(429, {}, {"Retry-After": "3600"})]
    assert sync.sync("shopify", time.world).state == "limited"
    until = connections.named("shopify").blocked_until
    assert until is not None
    assert abs(until.timestamp() - time.at - 3600) < 1
    assert "shopify" not in [each.name for each in sync.due(until - timedelta(seconds=1))]
    assert "shopify" in [each.name for each in sync.due(until + timedelta(seconds=1))]


def test_schedules_can_be_edited_paused_and_overruled(shopify: FakeShopify, time: Time) -> None:
    def due(at: datetime) -> bool:
        return "shopify" in [each.name for each in sync.due(at)]

    now = datetime.now(UTC)
    assert due(now)
    sync.sync("shopify", time.world)
    assert not due(now + timedelta(minutes=14))
    assert due(now + timedelta(minutes=16))
    connections.reschedule("shopify", 3600)
    assert not due(now + timedelta(minutes=59))
    connections.pause("shopify")
    assert not due(now + timedelta(days=2))
    connections.request("shopify")
    assert due(now)


def test_the_run_log_goes_down_to_the_failing_record(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders = _orders(3)
    shop.orders[1]["lines"][0]["quantity"] = None
    sync.sync("shopify", time.world)
    row = db.one("SELECT stream, record, field, problem FROM integration_faults")
    assert row is not None
    assert tuple(row.values()) == (
        "orders",
        "order #2",
        "quantity",
        "quantity of order #2 is missing",
    )
    assert _count("orders") == 2


def test_a_backfill_reads_everything_again_and_doubles_nothing(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders = _orders(20)
    sync.sync("shopify", time.world)
    assert sync.backfill("shopify", time.world).rows == 20
    assert (_count("orders"), _net()) == (20, 200)


def test_without_credentials_nothing_is_asked(
    database: str, environment: Callable[..., None], time: Time
) -> None:
    outcome = sync.sync("xero", time.world)
    assert outcome.state == "not configured"
    assert "client id" in str(outcome.error)
    assert _count("integration_calls") == 0
    assert sync.start_due() == []
