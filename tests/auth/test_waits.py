"""Failures make an account and address pair wait, longer each time, and nobody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from auth import waits
from auth.waits import Pair, tried

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _fail(pair: Pair, times: int, now: datetime, step: float = 1) -> tuple[Pair, datetime]:
    for _ in range(times):
        pair, seconds = tried(pair, now)
        assert seconds == 0
        now += timedelta(seconds=step)
    return pair, now


def test_five_failures_pass_and_the_sixth_attempt_waits() -> None:
    pair, now = _fail(Pair(), 5, NOON)
    _, seconds = tried(pair, now)
    assert seconds == pytest.approx(29)


def test_five_failures_spread_over_more_than_fifteen_minutes_do_not_wait() -> None:
    pair, now = _fail(Pair(), 5, NOON, step=240)
    assert tried(pair, now)[1] == 0


def test_each_wait_is_twice_the_one_before_up_to_fifteen_minutes() -> None:
    pair, _ = _fail(Pair(), 4, NOON)
    now, pauses = NOON + timedelta(seconds=10), []
    for _ in range(8):
        pair, seconds = tried(pair, now)
        assert seconds == 0
        while pair.waits_until is None or pair.waits_until <= now:
            pair, seconds = tried(pair, now)
        pauses.append((pair.waits_until - now).total_seconds())
        now = pair.waits_until
    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]


def test_a_quarter_of_an_hour_after_the_wait_all_is_forgiven() -> None:
    pair = _fail(Pair(), 5, NOON)[0]
    assert pair.waits_until is not None
    later = pair.waits_until + timedelta(minutes=15)
    pair, seconds = tried(pair, later)
    assert seconds == 0
    assert (pair.waits, pair.waits_until, len(pair.failures)) == (0, None, 1)


def test_an_attempt_while_waiting_does_not_prolong_the_wait() -> None:
    pair, now = _fail(Pair(), 5, NOON)
    assert tried(pair, now)[0] == pair


def test_another_address_and_another_account_do_not_wait(database: str) -> None:
    for _ in range(6):
        last = waits.attempt("mia", "192.0.2.1")
    assert last > 0
    assert waits.attempt("mia", "192.0.2.2") == 0
    assert waits.attempt("noa", "192.0.2.1") == 0


def test_success_forgets_the_failures(database: str) -> None:
    for _ in range(4):
        waits.attempt("mia", "192.0.2.1")
    waits.succeeded("mia", "192.0.2.1")
    assert [waits.attempt("mia", "192.0.2.1") for _ in range(5)] == [0] * 5


def test_many_guesses_at_once_are_counted_one_by_one(database: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        waited = list(pool.map(lambda _: waits.attempt("mia", "192.0.2.1"), range(24)))
    assert waited.count(0) == 5


def test_one_password_tried_on_everybody_waits_from_that_address_alone(database: str) -> None:
    waited = [waits.attempt(f"person {n}", "192.0.2.1") for n in range(70)]
    assert waited[:60] == [0] * 60
    assert min(waited[60:]) > 0
    assert waits.attempt("mia", "192.0.2.2") == 0


def test_people_who_succeed_behind_one_address_do_not_wait_for_each_other(database: str) -> None:
    for n in range(70):
        assert waits.attempt(f"person {n}", "192.0.2.1") == 0
        waits.succeeded(f"person {n}", "192.0.2.1")
