"""The product starts whole, stops whole, and comes back from whatever killed a part of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil
import psycopg2
import pytest

from data.embedded import EmbeddedPostgres
from tests.product import ROOT, RunningApp
from tests.server.processes import eventually, family, gone, open_page, postmaster, worker


@pytest.fixture
def own() -> Iterator[RunningApp]:
    """A product with its own embedded PostgreSQL, not started yet."""
    made = RunningApp()
    yield made
    left = family(made) if made.process and made.process.poll() is None else []
    made.stop()
    gone(left, 10)


def test_the_first_start_says_in_four_lines_where_and_how_and_the_second_no_password(
    own: RunningApp,
) -> None:
    own.admin_password = ""
    own.start()
    lines = own.log().strip().splitlines()[:4]
    assert lines[0] == "Sentia dashboard is ready."
    assert lines[1].split() == ["Open", f"http://localhost:{own.port}"]
    generated = re.search(r"as admin with (\S+) ", lines[2])
    assert generated
    assert lines[3].split() == ["Stop", "Ctrl-C"]
    own.stop()
    own.start()
    assert own.log().count(generated[1]) == 1
    assert "with your username and password" in own.log()


def test_ctrl_c_leaves_no_process_within_five_seconds_although_pages_are_open(
    own: RunningApp,
) -> None:
    own.start()
    pages = [open_page(own) for _ in range(5)]
    everyone = family(own)
    assert own.process is not None
    own.process.send_signal(signal.SIGINT)
    assert gone(everyone, 5) < 5
    assert "Traceback" not in own.log()
    for page in pages:
        page.close()


def test_sigterm_stops_as_ctrl_c_does(own: RunningApp) -> None:
    own.start()
    everyone = family(own)
    assert own.process is not None
    own.process.terminate()
    gone(everyone, 5)


def test_a_killed_web_process_takes_worker_and_database_along_and_loses_no_row(
    own: RunningApp,
) -> None:
    own.start()
    everyone = family(own)
    before = own.manage("users", "list").stdout
    assert own.process is not None
    own.process.kill()
    gone(everyone, 10)
    own.start()
    assert "admin" in before
    assert own.manage("users", "list").stdout.split()[:1] == before.split()[:1]


def test_a_killed_worker_is_started_again(own: RunningApp) -> None:
    own.start()
    eventually(lambda: worker(own) is not None)
    first = worker(own)
    assert first is not None
    first.kill()
    eventually(lambda: (found := worker(own)) is not None and found.pid != first.pid)
    assert own.get("/health")[0] == 200


def test_a_killed_database_is_started_again_with_what_was_committed(own: RunningApp) -> None:
    own.start()
    pid = postmaster(own)
    assert pid is not None
    psutil.Process(pid).kill()
    eventually(lambda: own.get("/health/ready")[0] == 503, 3)
    assert own.get("/health")[0] == 200
    own.wait_for("/health/ready", 200, 20)
    assert "admin" in own.manage("users", "list").stdout


def test_two_products_share_one_home_and_one_may_leave(own: RunningApp) -> None:
    other = RunningApp(folder=own.folder)
    own.start(wait=False)
    other.start(wait=False)
    own.wait_for("/health/ready", 200)
    other.wait_for("/health/ready", 200)
    own.stop()
    assert other.get("/health/ready")[0] == 200
    everyone = family(other)
    other.stop()
    gone(everyone, 5)


def test_a_busy_port_is_one_sentence(own: RunningApp) -> None:
    own.start()
    second = RunningApp(port=own.port)
    second.start(wait=False)
    assert second.process is not None
    assert second.process.wait(20) != 0
    assert len(second.log().strip().splitlines()) == 1
    assert f"Port {own.port} is not available" in second.log()


def test_an_external_database_that_is_away_delays_the_start_and_nothing_else() -> None:
    database = EmbeddedPostgres(RunningApp().folder / "elsewhere")
    url = database.start().replace("+psycopg2", "")
    database.stop()
    app = RunningApp(database_url=url)
    app.start(wait=False)
    app.wait_for("/health", 200, 10)
    status, body = app.get("/health/ready")
    assert status == 503
    assert '"name":"database"' in body
    assert "goes on by itself" in app.log()
    database.start()
    app.wait_for("/health/ready", 200, 15)
    assert "is ready." in app.log()
    app.stop()
    with psycopg2.connect(url) as opened, opened.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM users")
        assert cursor.fetchone() == (1,)
    database.stop()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("COMPANY_TIMEZONE", "Mars/Olympus"),
        ("COMPANY_CURRENCY", "pounds"),
        ("SENTIA_WORKER", "sometimes"),
        ("DATABASE_POOL_SIZE", "many"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("FRAME_ANCESTORS", "https://a.example; script-src *"),
        ("HTTP_BODY_KIB", "-1"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name(variable: str, value: str) -> None:
    assert_refused(f"{variable} cannot be used", **{variable: value})


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://root@localhost/db", "must look like postgresql://"),
        ("postgresql://user:pass@host:notaport/db", "must look like postgresql://"),
    ],
)
def test_a_wrong_database_url_stops_the_start_without_showing_the_password(
    url: str, sentence: str
) -> None:
    said = assert_refused(sentence, DATABASE_URL=url)
    assert "pass@" not in said


def test_a_home_that_cannot_be_written_stops_the_start(own: RunningApp) -> None:
    file = own.folder / "file"
    file.write_text("not a folder")
    assert_refused("SENTIA_HOME", SENTIA_HOME=str(file / "home"))


def assert_refused(sentence: str, **environment: str) -> str:
    """One sentence on stderr and exit status 2."""
    app = RunningApp(environment=environment)
    app.start(wait=False)
    assert app.process is not None
    assert app.process.wait(20) == 2, app.log()
    said = app.log().strip()
    assert sentence in said
    assert len(said.splitlines()) == 1, said
    return said


def test_the_entry_is_found_by_streamlit_without_running_it() -> None:
    asked = "from pathlib import Path; from streamlit.web.server.app_discovery import *; "
    done = subprocess.run(
        [sys.executable, "-c", asked + "print(discover_asgi_app(Path('app.py')).import_string)"],
        cwd=ROOT, capture_output=True, text=True, check=True, env=dict(os.environ),
    )  # fmt: skip
    assert done.stdout.strip() == "app:app"
