"""The worker as a process: it leaves in time, and with its parent, and survives all else."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import psycopg2
import pytest

from data.embedded import EmbeddedPostgres
from tests.product import ROOT

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `python -m worker`; whatever is left at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def worker(url: str, *arguments: str, host: str = "here") -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "DATABASE_URL": url, "SENTIA_HOME": str(tmp_path / "home"),
            "INSTANCE_NAME": host, "SAMPLE_INTERVAL": "1",
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "worker", *arguments],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE,
            stderr=(tmp_path / f"{host}.log").open("ab"),
        )  # fmt: skip
        started.append(process)
        return process

    yield worker
    for process in started:
        process.kill()
        process.wait()


def _environment(url: str, folder: Path) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": url, "SENTIA_HOME": str(folder / "home"), "INSTANCE_NAME": "here",
    }  # fmt: skip


def _ask(url: str, sql: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())
    finally:
        connection.close()


def _eventually(holds: Callable[[], object], seconds: float = 20) -> float:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, "it never came true"
        time.sleep(0.05)
    return time.monotonic() - began


def _samples(url: str, host: str = "here") -> int:
    found = _ask(url, f"SELECT count(*) FROM metric_samples WHERE instance = '{host}'")
    return int(str(found[0][0]))


def _more_than(url: str, before: int) -> bool:
    return _samples(url) > before


def _leader(url: str) -> str | None:
    found = _ask(
        url,
        "SELECT host FROM processes WHERE kind = 'worker' AND leads "
        "AND last_seen_at > now() - interval '6 seconds' ORDER BY last_seen_at DESC LIMIT 1",
    )
    return str(found[0][0]) if found else None


def test_it_samples_and_says_goodbye_within_two_seconds(database: str, start: Start) -> None:
    worker = start(database)
    _eventually(lambda: _samples(database) >= 2)
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(5) == 0
    assert time.monotonic() - began < 2
    assert _ask(database, "SELECT * FROM processes WHERE kind = 'worker'") == []


def test_it_keeps_within_its_memory(database: str, start: Start) -> None:
    worker = start(database)
    _eventually(lambda: _samples(database) >= 8)
    assert psutil.Process(worker.pid).memory_info().rss < 150 * 2**20


def test_it_leaves_when_the_web_process_ends(database: str, start: Start) -> None:
    worker = start(database, "--managed")
    _eventually(lambda: _samples(database) >= 1)
    assert worker.stdin is not None
    worker.stdin.close()
    assert worker.wait(3) == 0


def test_it_leaves_when_its_parent_is_killed(database: str, tmp_path: Path) -> None:
    """The pipe stays open in another process, so only the parent's end tells."""
    parent = (
        "import os, subprocess, sys, time\n"
        "kept = os.pipe()\n"
        "p = subprocess.Popen([sys.executable, '-m', 'worker', '--managed'], stdin=kept[0])\n"
        "subprocess.Popen(['sleep', '60'], pass_fds=[kept[1]])\n"
        "print(p.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE,
        env=_environment(database, tmp_path),
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    worker = psutil.Process(int(process.stdout.readline()))
    _eventually(lambda: _samples(database) >= 1)
    group = os.getpgid(process.pid)
    process.kill()
    process.wait()
    _eventually(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, 5)
    os.killpg(group, signal.SIGKILL)


def test_another_takes_over_within_15_s_when_the_leader_is_killed(
    database: str, start: Start
) -> None:
    first = start(database, host="first")
    _eventually(lambda: _leader(database) == "first")
    start(database, host="second")
    _eventually(lambda: _samples(database, "second") >= 2)
    assert _leader(database) == "first"
    first.kill()
    assert _eventually(lambda: _leader(database) == "second", 15) < 15
    question = "SELECT DISTINCT host FROM job_runs WHERE job = 'keep metric partitions'"
    _eventually(lambda: _ask(database, question) == [("second",)])


def test_another_takes_over_within_15_s_when_the_leader_is_stopped_and_wakes_later(
    database: str, start: Start, tmp_path: Path
) -> None:
    first = start(database, host="first")
    _eventually(lambda: _leader(database) == "first")
    start(database, host="second")
    _eventually(lambda: _samples(database, "second") >= 2)
    judged = "SELECT max(evaluated_at) FROM alert_cycles"
    _eventually(lambda: _ask(database, judged) != [(None,)])
    with _midst_of_judging(database):
        first.send_signal(signal.SIGSTOP)
    began, before = time.monotonic(), _ask(database, judged)
    log = tmp_path / "second.log"
    try:
        assert _eventually(lambda: "this worker leads" in log.read_text(), 15) < 15
        _eventually(lambda: _ask(database, judged) != before)
        assert time.monotonic() - began < 15
        held = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%leads'"
        assert _ask(database, held) == [(1,)]
    finally:
        first.send_signal(signal.SIGCONT)
    known = _samples(database, "first")
    _eventually(lambda: _samples(database, "first") > known + 1)
    _eventually(lambda: _leader(database) == "second")


@contextlib.contextmanager
def _midst_of_judging(url: str) -> Iterator[None]:
    """Within it, the worker that leads waits in its judging's transaction; then it could go on."""
    holder = psycopg2.connect(url)
    holder.cursor().execute("SELECT 1 FROM alert_cycles FOR UPDATE")
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    _eventually(lambda: _ask(url, waits))
    yield
    holder.close()


def test_a_worker_killed_while_writing_leaves_whole_samples(database: str, start: Start) -> None:
    for _ in range(3):
        before = _samples(database)
        worker = start(database)
        _eventually(partial(_more_than, database, before))
        worker.kill()
        worker.wait()
    assert _ask(database, "SELECT count(*) FROM metric_samples WHERE load1 IS NULL") == [(0,)]


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """A server of this test alone; pytest's own folder may not be opened to its user."""
    folder = Path(tempfile.mkdtemp(prefix="sentia-test-"))
    made = EmbeddedPostgres(folder)
    yield made
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)


def test_it_goes_on_when_postgres_comes_back(server: EmbeddedPostgres, start: Start) -> None:
    url = server.start().replace("+psycopg2", "")
    worker = start(url)
    _migrated(url)
    _eventually(lambda: _samples(url) >= 2)
    server.stop()
    time.sleep(4)
    assert worker.poll() is None
    server.start()
    before = _samples(url)
    assert _eventually(lambda: _samples(url) >= before + 2, 20) < 20
    _eventually(lambda: _leader(url) == "here")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(5) == 0


def _migrated(url: str) -> None:
    code = "from data import database, migrate; database.start(); migrate.upgrade()"
    subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, env=os.environ | {"DATABASE_URL": url}
    )


def test_it_waits_for_a_database_that_is_not_there_yet(tmp_path: Path, start: Start) -> None:
    worker = start("postgresql://nobody:x@127.0.0.1:1/nowhere")
    log = tmp_path / "here.log"
    _eventually(lambda: "waits for the database" in log.read_text())
    time.sleep(1)
    assert worker.poll() is None
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(4) == 0


def test_a_wrong_setting_is_one_sentence_and_status_2(tmp_path: Path, start: Start) -> None:
    assert start("mysql://somewhere").wait(20) == 2
    said = (tmp_path / "here.log").read_text()
    assert "DATABASE_URL" in said
    assert said.count("\n") == 1


def test_the_command_line_runs_it_in_the_terminal(database: str, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker"], cwd=ROOT, stderr=subprocess.DEVNULL,
        env=_environment(database, tmp_path),
    )  # fmt: skip
    _eventually(lambda: _samples(database) >= 1)
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 0
