"""What people at the lines enter: a shift's counts, a line that stops, a line that runs again."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from data import database
from data.ingest.dataset import note, upsert
from data.ingest.production import RUNS, STOPS
from data.ingest.report import ImportRefused

SOURCE = "entered"


class BadEntry(ValueError):
    """An entry that cannot be kept; its text is one sentence."""


@dataclass(frozen=True)
class Run:
    """A run of a line with its counts; instants are aware."""

    line: str
    started_at: datetime
    ended_at: datetime
    shift: str
    sku: str | None
    ideal_cycle_s: float | None
    total_count: float
    good_count: float
    reworked_count: float


def enter_run(run: Run, person: str) -> str:
    """Keep a run; entering the same line and beginning again corrects it. Raises BadEntry."""
    number = f"{run.line}|{run.started_at.astimezone(UTC):%Y-%m-%dT%H:%M}"
    record = asdict(run) | {"run_id": number, "entered_by": person,
                            "started_at": _naive(run.started_at),
                            "ended_at": _naive(run.ended_at)}  # fmt: skip
    _keep(RUNS, record)
    return number


def begin_stop(line: str, reason: str, note: str, person: str, *, at: datetime) -> str:
    """A line stands still from `at` on. Raises BadEntry when it does already."""
    if database.scalar(
        "SELECT count(*) FROM production_stops WHERE line = :line AND ended_at IS NULL", line=line
    ):
        raise BadEntry(f"{line} stands still already; let it run before stopping it again.")
    number = secrets.token_hex(8)
    _keep(STOPS, {"stop_id": number, "line": line, "started_at": _naive(at), "reason": reason,
                  "note": note or None, "entered_by": person})  # fmt: skip
    return number


def end_stop(source: str, number: str, at: datetime) -> None:
    """A line runs again. Raises BadEntry when it does already."""
    with database.transaction() as opened:
        ended = opened.execute(
            text("UPDATE production_stops SET ended_at = :at, last_seen = now() "
                 "WHERE source = :source AND source_id = :number AND ended_at IS NULL "
                 "AND started_at < :at"),
            {"at": at, "source": source, "number": number},
        ).rowcount  # fmt: skip
        note(opened, STOPS.name, SOURCE)
    if not ended:
        raise BadEntry("This stop is over already; reload the page.")


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def _keep(dataset: Any, record: dict[str, Any]) -> None:
    try:
        with database.transaction() as opened:
            upsert(opened, dataset, SOURCE, [record])
    except ImportRefused as refusal:
        error = refusal.report.errors[0] if refusal.report and refusal.report.errors else None
        said = f"{error.column.replace('_', ' ')} {error.reason}" if error else str(refusal)
        raise BadEntry(f"The entry cannot be kept: {said}.") from None
