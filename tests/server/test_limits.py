"""How often one caller may ask, and what happens to who asks more."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from server.api.limits import Buckets, RateLimit
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


def test_too_many_calls_are_told_when_to_come_back_and_health_is_never_refused() -> None:
    layer = RateLimit(_fine, rate=2)
    assert [status(layer, "/kpis", f"Bearer {n}")[0] for n in range(10)] == [200] * 10
    refused, headers = status(layer, "/kpis", "Bearer another guess")
    assert refused == 429
    assert int(headers[b"retry-after"]) >= 1
    assert status(layer, "/health", "")[0] == 200


def test_one_token_has_its_own_limit() -> None:
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
