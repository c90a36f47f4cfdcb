"""Jobs run on time, beside each other, are recorded, and come back after the database does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

import pytest

from data import database as db
from data.database import DatabaseUnavailable
from data.queries import metrics
from worker.light import lazily
from worker.records import Records
from worker.runner import Runner, backoff_s, next_wait_s
from worker.schedule import Job, jobs


@dataclass
class _Leads:
    held: bool = True

    def acting(self) -> AbstractContextManager[None]:
        return nullcontext()


@pytest.fixture
def run() -> Iterator[Callable[..., Records]]:
    """Runs jobs in threads until the test is over."""
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def started(*table: Job, leads: bool = True, host: str = "here") -> Records:
        records = Records(host)
        threads.extend(Runner(table, records, _Leads(leads), stop).start())
        return records

    yield started
    stop.set()
    for thread in threads:
        thread.join(5)


def _eventually(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def _record(job: str) -> dict[str, object] | None:
    row = db.one("SELECT * FROM job_runs WHERE job = :job", job=job)
    return None if row is None else dict(row)


@pytest.mark.parametrize(
    ("wall", "expected"),
    [(100.2, 4.8), (104.9, 5.1), (100.0, 5.0), (99.99, 5.01), (103.0, 2.0)],
)
def test_frequent_jobs_keep_to_the_grid_and_never_run_twice_for_one_tick(
    wall: float, expected: float
) -> None:
    assert next_wait_s(5.0, wall, 0.1) == pytest.approx(expected)


def test_a_clock_set_back_by_an_hour_changes_no_more_than_one_wait() -> None:
    assert 0 < next_wait_s(5.0, 3600.7, 0.1) <= 5.5
    assert 0 < next_wait_s(5.0, 0.7, 0.1) <= 5.5


def test_rare_jobs_keep_their_distance_from_start_to_start() -> None:
    assert next_wait_s(600, 1000.0, 20.0) == 580
    assert next_wait_s(600, 1000.0, 700.0) == 0


def test_a_lost_database_is_asked_for_ever_less_often() -> None:
    assert [backoff_s(failures) for failures in (1, 2, 3, 4, 5, 60)] == [1, 2, 4, 8, 15, 15]


def test_a_rare_job_is_recorded_while_it_runs_and_after(
    database: str, run: Callable[..., Records]
) -> None:
    going = threading.Event()
    run(Job("count", timedelta(hours=1), lambda: going.wait(5)))
    _eventually(lambda: _record("count") is not None)
    running = _record("count")
    assert running is not None
    assert running["finished_at"] is None
    assert metrics.jobs()["running"].tolist() == [True]
    going.set()
    _eventually(lambda: (_record("count") or {}).get("runs") == 1)
    done = _record("count")
    assert done is not None
    assert done["error"] is None
    assert done["last_success_at"] is not None
    assert float(str(done["duration_s"])) > 0
    assert metrics.jobs()["running"].tolist() == [False]


def test_a_frequent_job_is_recorded_with_all_its_runs(
    database: str, run: Callable[..., Records]
) -> None:
    ran: list[float] = []
    records = run(Job("tick", timedelta(seconds=0.1), lambda: ran.append(time.time())))
    _eventually(lambda: len(ran) > 5)
    records.write(leads=False)
    row = _record("tick")
    assert row is not None
    assert int(str(row["runs"])) >= 5
    assert row["failures"] == 0


def test_a_job_that_breaks_is_a_record_and_the_others_go_on(
    database: str, run: Callable[..., Records]
) -> None:
    ran: list[float] = []

    def broken() -> None:
        raise RuntimeError("the shop sent nonsense\nand much more of it")

    records = run(
        Job("broken", timedelta(seconds=0.1), broken),
        Job("sound", timedelta(seconds=0.1), lambda: ran.append(1.0)),
    )

    def failures() -> int:
        records.write(leads=False)
        return int(str((_record("broken") or {}).get("failures", 0)))

    _eventually(lambda: failures() > 1 and len(ran) > 1)
    row = _record("broken")
    assert row is not None
    assert row["error"] == "RuntimeError: the shop sent nonsense"
    assert row["last_success_at"] is None
    assert metrics.jobs()["job"].tolist() == ["broken", "sound"], "failing ones come first"


def test_an_error_is_forgotten_by_the_next_success(
    database: str, run: Callable[..., Records]
) -> None:
    failing = [True]

    def now_and_then() -> None:
        if failing[0]:
            raise ValueError("not yet")

    records = run(Job("now and then", timedelta(seconds=0.1), now_and_then))

    def error() -> object:
        records.write(leads=False)
        return (_record("now and then") or {}).get("error")

    _eventually(lambda: error() == "ValueError: not yet")
    failing[0] = False
    _eventually(lambda: error() is None)


def test_a_job_that_hangs_stops_no_other(database: str, run: Callable[..., Records]) -> None:
    ran: list[float] = []
    held = threading.Event()
    run(
        Job("hangs", timedelta(seconds=0.1), lambda: held.wait(20)),
        Job("goes on", timedelta(seconds=0.1), lambda: ran.append(1.0)),
    )
    _eventually(lambda: len(ran) > 5)
    held.set()


def test_fleet_jobs_wait_for_the_lead(database: str, run: Callable[..., Records]) -> None:
    ran: list[str] = []
    run(
        Job("once", timedelta(seconds=0.1), lambda: ran.append("fleet"), fleet=True),
        Job("each", timedelta(seconds=0.1), lambda: ran.append("host")),
        leads=False,
    )
    _eventually(lambda: len(ran) > 5)
    assert "fleet" not in ran


def test_a_lost_database_is_no_failure_of_the_code_and_the_job_resumes(
    database: str, run: Callable[..., Records]
) -> None:
    answers = iter([DatabaseUnavailable("The database cannot be reached.")])
    ran: list[float] = []

    def asks() -> None:
        for error in answers:
            raise error
        ran.append(1.0)

    run(Job("asks", timedelta(seconds=0.1), asks))
    _eventually(lambda: len(ran) > 1)


def test_records_that_could_not_be_written_are_written_later(database: str) -> None:
    records = Records("here")
    records.started("tick")
    records.finished("tick", None)
    url = db.url()
    db.execute("ALTER TABLE job_runs RENAME TO elsewhere")
    with pytest.raises(Exception, match="job_runs"):
        records.write(leads=False)
    db.execute("ALTER TABLE elsewhere RENAME TO job_runs")
    records.write(leads=False)
    row = _record("tick")
    assert url
    assert row is not None
    assert row["runs"] == 1


def test_a_rare_job_that_just_ran_waits_for_its_turn_after_a_restart(
    database: str, run: Callable[..., Records]
) -> None:
    before = Records("elsewhere")
    before.started("hourly")
    before.finished("hourly", None)
    before.write(leads=True)
    ran: list[float] = []
    run(Job("hourly", timedelta(hours=1), lambda: ran.append(1.0)))
    time.sleep(0.5)
    assert not ran


def test_a_new_leader_takes_over_the_records_of_fleet_jobs(database: str) -> None:
    for host in ("old", "new"):
        records = Records(host)
        records.started("fleet job")
        records.finished("fleet job", "an error of the old one" if host == "old" else None)
        records.started("own job")
        records.finished("own job", None)
        records.write(leads=True)
    Records("new").inherit(["fleet job"])
    rows = db.read("SELECT job, host, error FROM job_runs ORDER BY 1, 2")
    assert [(row["job"], row["host"], row["error"]) for row in rows] == [
        ("fleet job", "new", None),
        ("own job", "new", None),
        ("own job", "old", None),
    ]


def test_the_schedule_names_each_job_once_and_every_target_exists(database: str) -> None:
    table = jobs()
    assert len({job.name for job in table}) == len(table)
    for job in table:
        target = getattr(job.run, "target", None)
        assert target is None or callable(lazily(target).found()), job.name
