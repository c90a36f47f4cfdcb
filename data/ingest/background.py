"""Imports in a process of their own, so that pages stay quick; their state is in `imports`.

`start` runs `python -m data.ingest.background` with what to take, and returns at once.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from config import logging
from config.settings import settings
from data import database
from data.ingest.datasets import dataset
from data.ingest.report import ImportRefused, Report
from data.ingest.rollups import StaleRollups

_ROOT = Path(__file__).parent.parent.parent
_BEAT_S = 1.0
_PATIENCE_S = 60.0
_KEEP_S = 86_400


def keep(name: str, content: bytes) -> Path:
    """Store an uploaded file until it is imported; files nobody imported go after a day."""
    folder = settings().sentia_home / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > _KEEP_S:
            old.unlink(missing_ok=True)
    path = folder / f"{name}.csv"
    if not path.exists() or path.stat().st_size != len(content):
        path.touch(0o600)
        path.write_bytes(content)
    return path


@dataclass(frozen=True)
class Order:
    """A stored file to import: what it holds, what it was called, how to read it."""

    kind: str
    path: Path
    name: str
    mapping: Mapping[str, str]
    skip_bad: bool = False


def start(order: Order, person: str) -> int:
    """Begin to import a stored file; returns the number its state stands under."""
    with database.transaction() as opened:
        number = opened.execute(
            text(
                "INSERT INTO imports (dataset, file_name, started_by, bytes) "
                "VALUES (:kind, :name, :person, :bytes) RETURNING id"
            ),
            {"kind": order.kind, "name": order.name, "person": person,
             "bytes": order.path.stat().st_size},
        ).scalar_one()  # fmt: skip
    told = json.dumps([int(number), asdict(order) | {"path": str(order.path)}])
    subprocess.Popen(
        [sys.executable, "-m", "data.ingest.background", told],
        cwd=_ROOT, stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    return int(number)


@dataclass
class _Beat:
    """Writes down twice a second at most how far an import is, and that it still lives."""

    number: int
    rows: int = 0
    read: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def told(self, rows: int, read: int) -> None:
        self.rows, self.read = rows, read

    def run(self) -> None:
        while not self.over.wait(_BEAT_S):
            with contextlib.suppress(database.DatabaseUnavailable):
                _write(self.number, "beat_at = clock_timestamp(), rows_read = :rows, "
                       "bytes_read = :read", rows=self.rows, read=self.read)  # fmt: skip


def run(told: str) -> None:
    """Import one file and write down how it ended."""
    number, fields = json.loads(told)
    order = Order(**fields | {"path": Path(fields["path"])})
    beat = _Beat(number)
    beating = threading.Thread(target=beat.run, daemon=True)
    beating.start()
    state, message, report = _take(order, beat)
    beat.over.set()
    beating.join()
    _write_at_last(
        number,
        "state = :state, message = :message, finished_at = clock_timestamp(), "
        "beat_at = clock_timestamp(), rows_read = :rows, bytes_read = bytes, "
        "report = CAST(:report AS jsonb)",
        state=state,
        message=message,
        rows=report.rows if report else beat.rows,
        report=json.dumps(report.as_json()) if report else None,
    )
    order.path.unlink(missing_ok=True)


def _take(order: Order, beat: _Beat) -> tuple[str, str, Report | None]:
    try:
        report = dataset(order.kind).take(
            order.path, order.mapping, order.skip_bad, beat.told, order.name
        )
        return "done", report.sentence(), report
    except ImportRefused as refusal:
        return "refused", str(refusal).replace(" with --skip-bad", ""), refusal.report
    except StaleRollups as refusal:
        return "refused", str(refusal), None
    except Exception:
        import structlog

        structlog.get_logger().exception("an import failed", dataset=order.kind)
        return "failed", (
            f"{order.name} could not be imported and nothing of it was taken; try again, and if it "
            "fails again an admin finds the cause in the log."
        ), None  # fmt: skip


def _write_at_last(number: int, changes: str, **values: Any) -> None:
    """Write what nobody else knows; a database that is away is waited for, a minute at most."""
    last = time.monotonic() + _PATIENCE_S
    while True:
        try:
            _write(number, changes, **values)
            return
        except database.DatabaseUnavailable:
            if time.monotonic() > last:
                raise
            time.sleep(_BEAT_S)


def _write(number: int, changes: str, **values: Any) -> None:
    database.execute(f"UPDATE imports SET {changes} WHERE id = :number", number=number, **values)


if __name__ == "__main__":
    logging.configure(settings().log_level)
    database.start()
    try:
        run(sys.argv[1])
    finally:
        database.stop()
