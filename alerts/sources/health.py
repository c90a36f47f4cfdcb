"""How the system's own parts are: integrations, worker, database, backups, the rules themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from alerts.series import Series
from alerts.signals import Signal
from data import database
from data.queries import alerts as queries

Rows = Sequence[tuple[dict[str, str], float]]


def _reachable(now: datetime) -> Rows:
    database.scalar("SELECT 1")
    return [({}, 1.0)]


_READ: dict[str, tuple[Signal, Callable[[datetime], Rows]]] = {
    signal.name: (signal, read)
    for signal, read in (
        (
            Signal("database.reachable", "Database answers (1) or not (0)", "", "system"),
            _reachable,
        ),
        (
            Signal("worker.silent_s", "Time since the worker last did a job", "s", "system"),
            queries.worker_silence,
        ),
        (
            Signal("backup.age_hours", "Age of the newest good backup", "h", "system"),
            queries.backup_age,
        ),
        (
            Signal(
                "integration.failed_syncs",
                "Syncs that failed in a row",
                "syncs",
                "integrations",
                ("connection",),
            ),
            queries.failed_syncs,
        ),
        (
            Signal(
                "integration.age_ratio",
                "Age of an integration's data / age from which it is stale",
                "ratio",
                "integrations",
                ("connection",),
            ),
            queries.sync_ages,
        ),
        (
            Signal(
                "integration.difference_pct",
                "How far the worst total is off the vendor's own",
                "%",
                "integrations",
                ("connection", "measure"),
            ),
            queries.differences,
        ),
        (
            Signal("alerts.rule_in_error", "Rule cannot be judged (1)", "", "system", ("of",)),
            queries.rules_in_error,
        ),
    )
}


def signals() -> list[Signal]:
    """The signals, without history: they are read as they stand."""
    return [replace(signal, history=False) for signal, _ in _READ.values()]


def read(name: str, start: datetime, end: datetime) -> list[Series]:
    """One sample a label set, taken at `end`."""
    return [Series.of(labels, [(end, value)]) for labels, value in _READ[name][1](end)]
