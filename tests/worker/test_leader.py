"""One worker leads; another takes over within 15 s when it is killed."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import psycopg2
import pytest
from sqlalchemy import text

from data import database as db
from worker import fence
from worker.leader import Leadership


class _Worker:
    """A leadership in a thread."""

    def __init__(self) -> None:
        self.taken = 0
        self.stop = threading.Event()
        self.leadership = Leadership(db.url, self._take)
        self.thread = threading.Thread(target=self.leadership.run, args=(self.stop,), daemon=True)
        self.thread.start()

    def _take(self) -> None:
        self.taken += 1

    def leave(self) -> None:
        self.stop.set()
        self.thread.join(5)


@pytest.fixture
def two(database: str) -> Iterator[tuple[_Worker, _Worker]]:
    first = _Worker()
    _wait(lambda: first.leadership.held)
    second = _Worker()
    yield first, second
    first.leave()
    second.leave()


def _wait(holds: object, seconds: float = 15) -> float:
    began = time.monotonic()
    while not holds():  # type: ignore[operator]
        assert time.monotonic() - began < seconds
        time.sleep(0.05)
    return time.monotonic() - began


def _cut_off() -> None:
    db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks "
        "WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
    )


def test_only_one_leads(two: tuple[_Worker, _Worker]) -> None:
    first, second = two
    time.sleep(3)
    assert first.leadership.held
    assert not second.leadership.held
    assert (first.taken, second.taken) == (1, 0)


def test_the_other_takes_over_when_the_leader_leaves(two: tuple[_Worker, _Worker]) -> None:
    first, second = two
    first.leave()
    assert not first.leadership.held
    assert _wait(lambda: second.leadership.held) < 5
    assert second.taken == 1


def test_a_leader_whose_connection_is_cut_stands_back_and_one_leads_again(
    two: tuple[_Worker, _Worker],
) -> None:
    _cut_off()
    _wait(lambda: two[0].taken + two[1].taken == 2)
    time.sleep(2.5)
    assert two[0].leadership.held != two[1].leadership.held


def test_a_leader_that_gets_no_confirmation_stands_back_by_itself(
    two: tuple[_Worker, _Worker],
) -> None:
    leadership = two[0].leadership
    leadership._confirmed -= 60
    assert not leadership.held
    _wait(lambda: leadership.held, 5)


def test_a_leaders_job_gets_no_connection_once_another_may_lead(database: str) -> None:
    leadership = Leadership(db.url, lambda: None)
    fence.install(db.engine(), leadership)
    leadership._step()
    with leadership.acting():
        assert db.scalar("SELECT current_setting('application_name')") == leadership.name
        leadership._confirmed -= 60
        with pytest.raises(db.DatabaseUnavailable, match="Another worker leads"):
            db.scalar("SELECT 1")
        leadership._step()
        assert db.scalar("SELECT 1") == 1
        leadership._lose()
        leadership._step()
        with pytest.raises(db.DatabaseUnavailable):
            db.scalar("SELECT 1")
    assert db.scalar("SELECT 1") == 1
    leadership._lose()


def test_a_silent_worker_loses_the_lock_and_what_it_left_open(database: str) -> None:
    silent = Leadership(db.url, lambda: None)
    fence.install(db.engine(), silent)
    silent._step()
    other = Leadership(db.url, lambda: None, silent_s=1)
    with pytest.raises(db.DatabaseUnavailable), db.transaction() as opened:
        opened.execute(text("INSERT INTO alert_cycles (every_ms) VALUES (1)"))
        other._step()
        assert not other.held
        time.sleep(1.1)
        other._step()
        assert other.held
        opened.execute(text("SELECT 1"))
    assert db.scalar("SELECT count(*) FROM alert_cycles") == 0
    with pytest.raises(psycopg2.Error):
        silent._step()
    silent._lose()
    silent._step()
    assert not silent.held
    other._lose()


def test_a_database_that_is_away_makes_no_leader() -> None:
    stop = threading.Event()
    nowhere = Leadership(lambda: "postgresql://x@127.0.0.1:1/x", lambda: None)
    thread = threading.Thread(target=nowhere.run, args=(stop,), daemon=True)
    thread.start()
    time.sleep(0.5)
    assert thread.is_alive()
    assert not nowhere.held
    stop.set()
    with contextlib.suppress(RuntimeError):
        thread.join(5)
