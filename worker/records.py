"""How each job's runs went, written to `job_runs`: at once for rare jobs, in batches for others."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text

from data import database
from data.metrics import heartbeat

# Ages instead of instants: the database's clock serves the whole fleet.
_WRITE = """
    INSERT INTO job_runs AS r (job, host, pid, started_at, finished_at, last_success_at,
                               duration_s, error, runs, failures)
    VALUES (:job, :host, :pid, now() - make_interval(secs => :started_ago),
            now() - make_interval(secs => :finished_ago),
            now() - make_interval(secs => :success_ago), :duration_s, :error, :runs, :failures)
    ON CONFLICT (job, host) DO UPDATE SET
        pid = EXCLUDED.pid, started_at = EXCLUDED.started_at,
        finished_at = coalesce(EXCLUDED.finished_at, r.finished_at),
        last_success_at = coalesce(EXCLUDED.last_success_at, r.last_success_at),
        duration_s = coalesce(EXCLUDED.duration_s, r.duration_s),
        error = CASE WHEN EXCLUDED.runs > 0 THEN EXCLUDED.error ELSE r.error END,
        runs = r.runs + EXCLUDED.runs, failures = r.failures + EXCLUDED.failures
"""


@dataclass
class _Runs:
    """Of one job since the last write; times are monotonic seconds."""

    started: float
    finished: float | None = None
    succeeded: float | None = None
    duration_s: float | None = None
    error: str | None = None
    runs: int = 0
    failures: int = 0

    @property
    def ended(self) -> bool:
        """Whether the newest run is over."""
        return self.finished is not None and self.finished >= self.started


class Records:
    """The runs of this worker's jobs."""

    def __init__(self, host: str) -> None:
        self.host = host
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._pending: dict[str, _Runs] = {}

    def started(self, job: str) -> None:
        """A run begins."""
        with self._lock:
            runs = self._pending.setdefault(job, _Runs(time.monotonic()))
            runs.started = time.monotonic()

    def finished(self, job: str, error: str | None) -> None:
        """That run ended, with the sentence of what went wrong."""
        now = time.monotonic()
        with self._lock:
            runs = self._pending.setdefault(job, _Runs(now))
            runs.finished = now
            runs.duration_s = now - runs.started
            runs.error = error
            runs.runs += 1
            runs.failures += error is not None
            if error is None:
                runs.succeeded = now

    def write(self, leads: bool) -> None:
        """Write what is pending and this worker's sign of life; on failure it stays pending."""
        with self._writing:
            with self._lock:
                taken = {job: replace(runs) for job, runs in self._pending.items()}
            with database.transaction() as opened:
                heartbeat.beat(opened, self.host, "worker", leads)
                if taken:
                    rows = [self._row(job, runs) for job, runs in sorted(taken.items())]
                    opened.execute(text(_WRITE), rows)
            self._settle(taken)

    def _settle(self, written: dict[str, _Runs]) -> None:
        """Forget what was written; keep what came since, and the start of a run that goes on."""
        with self._lock:
            for job, old in written.items():
                new = self._pending[job]
                if new == old and old.ended:
                    del self._pending[job]
                else:
                    new.runs -= old.runs
                    new.failures -= old.failures

    def _row(self, job: str, runs: _Runs) -> dict[str, Any]:
        now = time.monotonic()
        return {
            "job": job,
            "host": self.host,
            "pid": os.getpid(),
            "started_ago": now - runs.started,
            "finished_ago": None if runs.finished is None else now - runs.finished,
            "success_ago": None if runs.succeeded is None else now - runs.succeeded,
            "duration_s": runs.duration_s,
            "error": runs.error,
            "runs": runs.runs,
            "failures": runs.failures,
        }

    def age_s(self, job: str) -> float | None:
        """Seconds since the job last started on any host, None before the first time."""
        found = database.scalar(
            "SELECT extract(epoch FROM now() - max(started_at))::float FROM job_runs "
            "WHERE job = :job",
            job=job,
        )
        return None if found is None else float(found)

    def inherit(self, jobs: Iterable[str]) -> None:
        """Take over the rows that fleet jobs have under the host that led before."""
        with database.transaction() as opened:
            bound = {"jobs": list(jobs), "host": self.host}
            opened.execute(
                text("""
                    DELETE FROM job_runs r WHERE job = ANY(:jobs) AND EXISTS (
                        SELECT FROM job_runs n WHERE n.job = r.job AND n.started_at > r.started_at)
                """),
                bound,
            )
            opened.execute(text("UPDATE job_runs SET host = :host WHERE job = ANY(:jobs)"), bound)
