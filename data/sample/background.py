"""Loads the sample in a process of its own, so that pages stay quick; its state is in `imports`.

`start` runs `python -m data.sample.background NUMBER` and returns at once.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import text

from config import logging
from config.settings import settings
from data import database
from data.ingest.rollups import StaleRollups
from data.sample import DEFAULT_LINES
from data.sample.load import SampleThere, load

_ROOT = Path(__file__).parent.parent.parent
_BEAT_S = 1.0
_ALIVE = "state = 'running' AND beat_at > clock_timestamp() - interval '1 minute'"


def start(person: str) -> int:
    """Begin to load the sample, or join a load that runs; returns the number of its state."""
    with database.transaction() as opened:
        opened.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('sample start', 0))"))
        number = opened.execute(
            text(f"SELECT id FROM imports WHERE dataset = 'sample' AND {_ALIVE}")
        ).scalar()
        if number is not None:
            return int(number)
        number = opened.execute(
            text(
                "INSERT INTO imports (dataset, file_name, started_by, bytes) "
                "VALUES ('sample', 'sample company', :person, :lines) RETURNING id"
            ),
            {"person": person, "lines": DEFAULT_LINES},
        ).scalar_one()
    subprocess.Popen(
        [sys.executable, "-m", "data.sample.background", str(number)],
        cwd=_ROOT, stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    return int(number)


def running() -> int | None:
    """The number of the load that runs now, None without one."""
    found = database.scalar(f"SELECT id FROM imports WHERE dataset = 'sample' AND {_ALIVE}")
    return None if found is None else int(found)


def run(number: int, lines: int = DEFAULT_LINES) -> None:
    """Load the sample and write down how it ended."""
    done = 0
    over = threading.Event()

    def progress(more: int) -> None:
        nonlocal done
        done += more

    def beat() -> None:
        while not over.wait(_BEAT_S):
            _write(number, "bytes_read = :done, rows_read = :done", done=done)

    beating = threading.Thread(target=beat, daemon=True)
    beating.start()
    state, message = _load(lines, progress)
    over.set()
    beating.join()
    _write(
        number,
        "state = :state, message = :message, finished_at = clock_timestamp(), rows_read = :done, "
        "bytes_read = bytes",
        state=state, message=message, done=done,
    )  # fmt: skip


def _load(lines: int, progress: Any) -> tuple[str, str]:
    try:
        loaded = load(lines, progress=progress)
    except (SampleThere, StaleRollups) as refusal:
        return "refused", str(refusal)
    except Exception:
        structlog.get_logger().exception("the sample company cannot be loaded")
        return "failed", "The sample company could not be loaded; an admin finds why in the log."
    return "done", f"The sample company is loaded: {loaded.lines:,} order lines."


def _write(number: int, changes: str, **values: Any) -> None:
    database.execute(
        f"UPDATE imports SET beat_at = clock_timestamp(), {changes} WHERE id = :number",
        number=number, **values,
    )  # fmt: skip


if __name__ == "__main__":
    logging.configure(settings().log_level)
    database.start()
    try:
        run(int(sys.argv[1]))
    finally:
        database.stop()
