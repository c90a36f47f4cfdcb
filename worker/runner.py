"""Runs the schedule: one thread a job, so that a job that hangs stops no other."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import structlog

from data.database import DatabaseUnavailable
from data.metrics import heartbeat
from worker.records import Records
from worker.schedule import Job

_log = structlog.get_logger()
# Jobs up to this often run on the clock's grid and are recorded in batches.
_OFTEN_S = 60.0
_LONGEST_BACKOFF_S = 15.0
_NOT_LEADING_S = 1.0


class Leads(Protocol):
    """Whether this worker leads."""

    @property
    def held(self) -> bool:
        """True while it does."""
        ...

    def acting(self) -> AbstractContextManager[None]:
        """Within it, this thread reaches the database only while this worker leads."""
        ...


class Runner:
    """Starts the threads; `stop` ends them between two runs."""

    def __init__(
        self, jobs: Sequence[Job], records: Records, leadership: Leads, stop: threading.Event
    ) -> None:
        self.jobs = jobs
        self.records = records
        self.leadership = leadership
        self.stop = stop
        # What was logged already; a job that goes on failing alike would fill the log.
        self._failing: dict[str, str | None] = {}

    def start(self) -> list[threading.Thread]:
        """One thread a job, and one that writes what the jobs did."""
        loops = [(job.name, _call(self._loop, job)) for job in self.jobs]
        loops.append(("records", self._keep_records))
        threads = [threading.Thread(target=run, name=name, daemon=True) for name, run in loops]
        for thread in threads:
            thread.start()
        return threads

    def _loop(self, job: Job) -> None:
        """Wait, run, and after a failure of the database wait ever longer, up to 15 s."""
        wait_s, failures = self._first_wait_s(job), 0
        while not self.stop.wait(wait_s):
            if job.fleet and not self.leadership.held:
                wait_s = _NOT_LEADING_S
                continue
            began = time.monotonic()
            failures = 0 if self._run(job) else failures + 1
            wait_s = next_wait_s(job.every.total_seconds(), time.time(), time.monotonic() - began)
            if failures:
                wait_s = min(wait_s, backoff_s(failures))

    def _first_wait_s(self, job: Job) -> float:
        """A rare job that ran lately, here or elsewhere, waits for its turn after a restart."""
        every_s = job.every.total_seconds()
        if every_s <= _OFTEN_S:
            return 0.0
        try:
            age_s = self.records.age_s(job.name)
        except DatabaseUnavailable:
            return 0.0
        return 0.0 if age_s is None else min(every_s, max(0.0, every_s - age_s))

    def _run(self, job: Job) -> bool:
        """Whether the database was there; every other error is the job's own and recorded."""
        often = job.every.total_seconds() <= _OFTEN_S
        self.records.started(job.name)
        if not often:
            self._write_records()
        try:
            with self.leadership.acting() if job.fleet else nullcontext():
                job.run()
            error = None
        except DatabaseUnavailable as unavailable:
            self.records.finished(job.name, str(unavailable))
            return False
        except Exception as failed:  # a job that breaks is a record, and the next run comes
            error = f"{type(failed).__name__}: {first_line(failed)}"
            if self._failing.get(job.name) != error:
                _log.error("a job failed", job=job.name, exc_info=failed)
        self._failing[job.name] = error
        self.records.finished(job.name, error)
        if not often:
            self._write_records()
        return True

    def _keep_records(self) -> None:
        while True:
            self._write_records()
            if self.stop.wait(heartbeat.EVERY_S):
                return

    def _write_records(self) -> None:
        """Whatever happens here, the jobs go on; what was not written is written later."""
        try:
            self.records.write(self.leadership.held)
        except DatabaseUnavailable:
            pass
        except Exception as error:
            _log.error("the runs of jobs could not be recorded", exc_info=error)


def _call(run: Callable[[Job], None], job: Job) -> Callable[[], None]:
    return lambda: run(job)


def next_wait_s(every_s: float, wall_s: float, took_s: float) -> float:
    """Seconds until the next run after one that took `took_s` and ended at `wall_s`.

    Frequent jobs keep to multiples of their interval on the wall clock, so that hosts line up, and
    skip what they missed; a clock that is set changes at most one wait.
    """
    if every_s > _OFTEN_S:
        return max(0.0, every_s - took_s)
    early = 0.1  # a run that began a little before its time is that run, not one more
    return (math.floor(wall_s / every_s + early) + 1) * every_s - wall_s


def backoff_s(failures: int) -> float:
    """1 s after the first failure, doubling to 15 s."""
    return float(min(2 ** min(failures - 1, 10), _LONGEST_BACKOFF_S))


def first_line(error: Exception) -> str:
    """What it says, without the statement that SQLAlchemy adds below."""
    return "".join(str(error).splitlines()[:1])[:300]
