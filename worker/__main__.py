"""`python -m worker`: runs the schedule until it is told to leave or its parent is gone."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

import structlog

from config import logging
from config.refused import SettingsError
from config.settings import settings
from data import database
from data.embedded import EmbeddedError
from data.metrics import heartbeat
from worker import fence
from worker.leader import Leadership
from worker.records import Records
from worker.runner import Runner
from worker.schedule import jobs

_log = structlog.get_logger()
_LEAVE_S = 1.2
_FIRST_WAIT_S = 0.5
_MIGRATIONS = Path(__file__).parent.parent / "data" / "migrations" / "versions"


def main(arguments: list[str]) -> int:
    """Serve; 0 after a clean stop, 2 with one sentence when it cannot begin."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if "--managed" in arguments:
        _follow_parent(stop)
    try:
        logging.configure(settings().log_level)
        database.start()
    except (SettingsError, EmbeddedError, database.DatabaseRefused) as error:
        print(error, file=sys.stderr)
        return 2
    if _schema_is_there(stop):
        _serve(stop)
    _leave()
    return 0


def _serve(stop: threading.Event) -> None:
    table = jobs()
    records = Records(settings().instance)
    fleet = [job.name for job in table if job.fleet]
    leadership = Leadership(database.url, lambda: _inherit(records, fleet))
    fence.install(database.engine(), leadership)
    leading = threading.Thread(target=leadership.run, args=(stop,), name="leader", daemon=True)
    leading.start()
    threads = [leading, *Runner(table, records, leadership, stop).start()]
    _log.info("worker started", jobs=len(table), host=settings().instance)
    stop.wait()
    deadline = time.monotonic() + _LEAVE_S
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _inherit(records: Records, fleet: list[str]) -> None:
    with contextlib.suppress(database.DatabaseUnavailable):
        records.inherit(fleet)


def _schema_is_there(stop: threading.Event) -> bool:
    """Wait until the database answers and the web process has migrated it; False when stopped."""
    newest = max(path.stem[:4] for path in _MIGRATIONS.glob("[0-9]*.py"))
    waited_s = _FIRST_WAIT_S
    while not stop.is_set():
        with contextlib.suppress(database.DatabaseUnavailable):
            readable = database.scalar(
                "SELECT has_table_privilege(to_regclass('alembic_version')::oid, 'SELECT')"
            )
            version = readable and database.scalar("SELECT version_num FROM alembic_version")
            if version and version >= newest:
                return True
        if waited_s == _FIRST_WAIT_S:
            _log.info("worker waits for the database and its schema")
        stop.wait(waited_s)
        waited_s = min(waited_s * 2, 5.0)
    return False


def _follow_parent(stop: threading.Event) -> None:
    """Leave when the web process does, however it ends: it holds the other end of our stdin."""
    parent = os.getppid()

    def at_end_of_input() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        stop.set()

    def when_adopted() -> None:
        while os.getppid() == parent and not stop.wait(1.0):
            pass
        stop.set()

    for watch in (at_end_of_input, when_adopted):
        threading.Thread(target=watch, daemon=True).start()


def _leave() -> None:
    """Say goodbye within what is left of two seconds; a database that hangs is not waited for."""

    def goodbye() -> None:
        with contextlib.suppress(Exception):
            heartbeat.leave(settings().instance, "worker")
        database.stop()

    leaving = threading.Thread(target=goodbye, daemon=True)
    leaving.start()
    leaving.join(0.6)
    _log.info("worker stopped")
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
