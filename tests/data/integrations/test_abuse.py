"""A vendor that answers garbage, keys that change in the middle, and pages that come first."""

from __future__ import annotations

import os
import random
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from data import database as db
from data import secrets
from data.integrations import credentials, runs, sync
from tests.data.integrations.fake import Answer, Asked
from tests.data.integrations.fake_shopify import FakeShopify, Shop, line, order
from tests.data.integrations.fake_xero import Books, FakeXero, credit, invoice, moved, payment
from tests.data.integrations.scene import Time

GARBAGE = [
    Answer(500, {"error": "x"}),
    Answer(503, b"<html>", kind="text/html"),
    Answer(200, b"<html>", kind="text/html"),
    Answer(200, b'{"data": {"orders"'),
    Answer(200, []),
    Answer(200, {}),
    Answer(200, None),
    Answer(200, {"data": None, "errors": [{"message": "?"}]}),
    Answer(200, b"\xff\xfe\x00", kind="application/json"),
    Answer(fault="close"),
    Answer(200, {"a": "b" * 5000}, fault="truncate"),
]


def some() -> list[Any]:
    return [
        order(n, f"2026-10-{1 + n // 60:02d}T00:{n % 60:02d}:00Z",
              [line(n, "A", 1, "10.0", "2.0"), line(n + 1000, "B", 2, "8.0", "0.0")])
        for n in range(1, 300)
    ]  # fmt: skip


def until_done(name: str, time: Time, tries: int) -> None:
    for _ in range(tries):
        outcome = sync.sync(name, time.world)
        if outcome.state == "done":
            return
        assert outcome.error
        assert outcome.error.endswith(".")
        time.at += 2000
    raise AssertionError(f"{name} did not come to an end")


def chance(seed: int, calls: int, share: float) -> list[Answer | None]:
    dice = random.Random(seed)
    return [dice.choice(GARBAGE) if dice.random() < share else None for _ in range(calls)]


@pytest.mark.parametrize("seed", range(3))
def test_a_shop_that_answers_garbage_loses_and_doubles_nothing(
    seed: int, shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    shop.orders, shop.page = some(), 40
    shopify.faults = chance(seed, 60, 0.35)
    until_done("shopify", time, 40)
    shopify.faults = []
    until_done("shopify", time, 1)
    row = db.one("SELECT sum(orders) AS orders, sum(net) AS net FROM sales_daily_channel")
    assert row is not None
    assert (row["orders"], row["net"]) == (299, 299 * 18)
    assert db.scalar("SELECT count(*) FROM order_lines") == 598


@pytest.mark.parametrize("seed", range(2))
def test_books_that_answer_garbage_leave_the_same_balances(
    seed: int, xero: FakeXero, books: Books, time: Time
) -> None:
    time.at = datetime(2026, 10, 31, 18, tzinfo=UTC).timestamp()
    seen = "2026-10-20T00:00:00"
    books.page = 20
    books.invoices = [invoice(n, seen, "100", "60") for n in range(50)]
    books.credit_notes = [credit(1, seen, "40", "40")]
    books.payments = [payment(n, seen, "2026-10-10", "40", f"inv-{n}") for n in range(50)]
    books.bank_transactions = [moved(n, seen, "2026-10-11", "SPEND", "5") for n in range(30)]
    xero.faults = chance(seed, 60, 0.3)
    until_done("xero", time, 40)
    assert db.scalar("SELECT sum(change) FROM open_balance_changes") == 50 * 60 - 40
    assert db.scalar("SELECT count(*) FROM bank_transactions") == 30


def test_a_key_that_is_rotated_in_the_middle_stops_no_run(
    shopify: FakeShopify, shop: Shop, time: Time
) -> None:
    """The token ends at the same moment, so that a new one is stored under the new key."""
    shop.orders, shop.page, shop.bulk = some(), 40, False
    credentials.save("shopify", {"client_secret": "right"}, "admin")
    answer, asked_for = shopify.respond, []

    def respond(asked: Asked) -> Answer:
        asked_for.append(asked.path)
        if len(asked_for) == 5:
            secrets.rotate()
            shopify.expire()
        return answer(asked)

    shopify.respond = respond  # type: ignore[method-assign]
    assert sync.sync("shopify", time.world).state == "done"
    assert db.scalar("SELECT count(*) FROM orders") == 299
    assert shopify.issued == 2
    assert credentials.load("shopify", "shopify").get("client_secret") == "right"


def test_a_synchronisation_gives_way_to_pages(shopify: FakeShopify, shop: Shop, time: Time) -> None:
    shop.orders = some()[:3]
    found: list[int] = []

    def run() -> None:
        runs.reset("shopify")
        sync.quietly("shopify")
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=run)
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    thread.start()
    thread.join()
    assert found[0] >= sync.BEHIND_PAGES
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
