"""The embedded server: private, shared by its users, unharmed by a kill."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from data.embedded import EmbeddedError, EmbeddedPostgres

_HOLD = """
import sys, time
from pathlib import Path
from data.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1])); server.start(); print("up", flush=True)
sys.stdin.read(); server.stop()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sentia-embedded-"))
    yield folder / "home"
    server = EmbeddedPostgres(folder / "home")
    if server.home.exists():
        server.start()
        server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def _query(url: str, sql: str) -> object:
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone() if cursor.description else None
    connection.close()
    return row[0] if row else None


def _holder(home: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(home)],
        cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None and holder.stdout.readline() == "up\n"
    return holder


def test_it_starts_keeps_rows_and_starts_again(home: Path) -> None:
    server = EmbeddedPostgres(home)
    _query(server.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    assert not server.running()
    assert _query(server.start(), "SELECT answer FROM kept") == 42
    server.stop()


def test_nobody_gets_in_without_the_password(home: Path) -> None:
    server = EmbeddedPostgres(home)
    url = server.start().replace("+psycopg2", "")
    password = (home / "postgres.password").read_text()
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(url.replace(password, "guess"))
    assert stat.S_IMODE((home / "postgres.password").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "postgres").stat().st_mode) == 0o700
    server.stop()


def test_another_local_user_reaches_neither_socket_nor_password(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    assert stat.S_IMODE((home / "postgres").stat().st_mode) == 0o700
    if os.geteuid() == 0:  # who may become another user tries it as well
        attempt = subprocess.run(
            ["/bin/ls", str(home / "postgres")], user=65534, group=65534, extra_groups=[],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "Permission denied" in attempt.stderr
    assert not _world_may_pass(home.parent), "only the server's own user is let through"
    server.stop()


def test_the_last_user_stops_it_and_no_one_else(home: Path) -> None:
    first, second = _holder(home), _holder(home)
    first.communicate("")
    assert EmbeddedPostgres(home).running()
    second.communicate("")
    assert not EmbeddedPostgres(home).running()


def test_a_killed_user_holds_nothing_up(home: Path) -> None:
    killed = _holder(home)
    killed.kill()
    killed.communicate()
    server = EmbeddedPostgres(home)
    assert server.running()
    server.start()
    server.stop()
    assert not server.running()


def test_a_killed_server_loses_no_committed_row(home: Path) -> None:
    server = EmbeddedPostgres(home)
    url = server.start()
    _query(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    pid = server.postmaster_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while server.running() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.crashed()
    assert _query(server.start(), "SELECT answer FROM kept") == 42
    server.stop()


def test_a_path_too_long_for_a_socket_still_works(home: Path) -> None:
    server = EmbeddedPostgres(home / ("deep" * 30))
    assert _query(server.start(), "SELECT 1") == 1
    server.stop()


def test_a_home_that_cannot_be_written_is_one_sentence() -> None:
    with pytest.raises(EmbeddedError, match="cannot be written"):
        EmbeddedPostgres(Path("/proc/nowhere")).start()


def _world_may_pass(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)
