"""How often one caller may ask, and what happens to who asks more."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import settings as settings_module
from data import database as data_database
from server.api.limits import Buckets, RateLimit, Shared
from tests.server.processes import run


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_caller_may_burst_then_waits_and_others_do_not() -> None:
    clock = Clock()
    buckets = Buckets(60, clock)
    assert [buckets.wait_s(b"a") for _ in range(60)] == [0.0] * 60
    assert 0 < buckets.wait_s(b"a") <= 1
    assert buckets.wait_s(b"b") == 0
    clock.now += 1
    assert buckets.wait_s(b"a") == 0
    assert buckets.wait_s(b"a") > 0


@given(st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_no_pattern_of_calls_passes_more_than_the_rate_and_one_burst(pauses: list[float]) -> None:
    clock = Clock()
    buckets = Buckets(30, clock)
    passed = 0
    for pause in pauses:
        clock.now += pause
        passed += buckets.wait_s(b"a") == 0
    assert passed <= 30 + sum(pauses) * 30 / 60 + 1


def test_two_processes_share_one_limit(database: str) -> None:
    one, other = Shared(60), Shared(60)
    passed = sum(run(each.wait_s(b"a")) == 0 for _ in range(60) for each in (one, other))
    assert 60 <= passed <= 64, "a call a second comes back meanwhile"
    assert 0 < run(one.wait_s(b"a")) <= 2
    assert run(other.wait_s(b"b")) == 0


def test_most_calls_ask_nobody(database: str) -> None:
    shared = Shared(300)
    for _ in range(20):
        assert run(shared.wait_s(b"a")) == 0
    left = data_database.scalar("SELECT permits FROM api_calls")
    assert 280 <= left <= 281, "two blocks of ten were taken"


def test_what_a_process_holds_lapses_after_a_minute(database: str) -> None:
    clock = Clock()
    shared = Shared(300, clock)
    assert run(shared.wait_s(b"a")) == 0
    clock.now += 61
    assert run(shared.wait_s(b"a")) == 0
    assert data_database.scalar("SELECT permits FROM api_calls") < 282


def test_without_the_database_each_process_counts_alone(
    monkeypatch: pytest.MonkeyPatch, home: object
) -> None:
    data_database.stop()
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@127.0.0.1:9/none")
    settings_module.settings.cache_clear()
    shared = Shared(2, Clock())
    assert [run(shared.wait_s(b"a")) == 0 for _ in range(3)] == [True, True, False]
    data_database.stop()


def test_too_many_calls_are_told_when_to_come_back_and_health_is_never_refused(
    database: str,
) -> None:
    layer = RateLimit(_fine, rate=2)
    assert [status(layer, "/kpis", f"Bearer {n}")[0] for n in range(10)] == [200] * 10
    refused, headers = status(layer, "/kpis", "Bearer another guess")
    assert refused == 429
    assert int(headers[b"retry-after"]) >= 1
    assert status(layer, "/health", "")[0] == 200


def test_one_token_has_its_own_limit(database: str) -> None:
    layer = RateLimit(_fine, rate=2)
    assert [status(layer, "/kpis", "Bearer one")[0] for _ in range(3)] == [200, 200, 429]
    assert status(layer, "/kpis", "Bearer two")[0] == 200


async def _fine(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def status(layer: RateLimit, path: str, token: str) -> tuple[int, dict[bytes, bytes]]:
    """Status and headers of a call from one address."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "client": ("192.0.2.1", 1),
             "headers": [(b"authorization", token.encode())] if token else []}  # fmt: skip
    run(layer(scope, None, send))  # type: ignore[arg-type]
    return sent[0]["status"], dict(sent[0]["headers"])
