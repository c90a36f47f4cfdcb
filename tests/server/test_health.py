"""Health answers while everything else is dead, hangs, or comes back."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

from data.embedded import EmbeddedPostgres
from tests.product import RunningApp
from tests.server.processes import postmaster


@pytest.fixture(scope="module")
def own() -> Iterator[RunningApp]:
    """A product with an embedded PostgreSQL of its own, which the tests may hurt."""
    made = RunningApp()
    made.start()
    yield made
    made.stop()


def test_liveness_says_who_it_is(own: RunningApp) -> None:
    status, body = asked(own, "/health")
    assert status == 200
    assert body["status"] == "healthy"
    assert set(body) == {"status", "timestamp", "uptime_s", "service", "version"}
    assert asked(own, "/api/health")[1].keys() == body.keys()


def test_readiness_lists_its_checks(own: RunningApp) -> None:
    status, body = asked(own, "/health/ready")
    assert (status, body["ready"]) == (200, True)
    assert {"name": "database", "status": "healthy"} in body["checks"]


def test_detailed_health_measures_each_dependency(own: RunningApp) -> None:
    status, body = asked(own, "/health/detailed")
    assert status == 200
    assert body["status"] in ("healthy", "degraded")
    found = {one["name"]: one for one in body["dependencies"]}
    assert found["database"]["critical"] is True
    assert found["database"]["response_ms"] > 0
    assert {"worker", "jobs"} <= set(found)
    assert 0 <= body["system"]["memory_percent"] <= 100


def test_a_database_that_hangs_is_named_within_two_seconds(own: RunningApp) -> None:
    with hanging(own):
        for _ in range(3):
            assert named_within_two_seconds(own, "/health/ready", "checks")
            assert named_within_two_seconds(own, "/health/detailed", "dependencies")
        began = time.monotonic()
        assert own.get("/health")[0] == 200
        assert time.monotonic() - began < 0.5
    own.wait_for("/health/ready", 200, 5)
    assert asked(own, "/health/detailed")[0] == 200


def test_many_who_ask_while_it_hangs_are_all_answered_in_time(own: RunningApp) -> None:
    import concurrent.futures

    with hanging(own), concurrent.futures.ThreadPoolExecutor(40) as threads:
        began = time.monotonic()
        answers = list(threads.map(lambda _: own.get("/health/ready")[0], range(80)))
        assert set(answers) == {503}
        assert time.monotonic() - began < 6
    own.wait_for("/health/ready", 200, 5)


def test_a_stopped_database_is_named_and_found_again_when_it_returns(own: RunningApp) -> None:
    server = EmbeddedPostgres(own.folder / "home")
    server._run("pg_ctl", "-D", str(server.data), "-m", "fast", "-w", "stop")
    assert named_within_two_seconds(own, "/health/ready", "checks")
    assert named_within_two_seconds(own, "/health/detailed", "dependencies")
    assert own.get("/health")[0] == 200
    server.start()
    own.wait_for("/health/ready", 200, 5)
    server.stop()


def test_metrics_answer_without_the_database(own: RunningApp) -> None:
    with hanging(own):
        status, text = own.get("/metrics")
    assert status == 200
    assert "sentia_database_up 0.0" in text
    assert "process_resident_memory_bytes" in text


def asked(app: RunningApp, path: str) -> tuple[int, Any]:
    status, body = app.get(path)
    return status, json.loads(body)


def named_within_two_seconds(app: RunningApp, path: str, where: str) -> bool:
    began = time.monotonic()
    status, body = asked(app, path)
    took = time.monotonic() - began
    assert status == 503, body
    assert took < 2, took
    found = {one["name"]: one for one in body[where]}
    assert found["database"]["status"] == "unhealthy"
    assert found["database"]["error"].startswith("PostgreSQL does not answer")
    return True


@contextmanager
def hanging(app: RunningApp) -> Iterator[None]:
    """Stop the server and its children as a debugger would: sockets stay open, nobody answers."""
    pid = postmaster(app)
    assert pid is not None
    server = psutil.Process(pid)
    stopped = [server, *server.children(recursive=True)]
    for one in stopped:
        one.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for one in reversed(stopped):
            one.send_signal(signal.SIGCONT)
