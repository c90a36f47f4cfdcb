"""What the worker calls: synchronise what is due, probe, reconcile at night."""

from __future__ import annotations

from datetime import UTC, datetime

from data import company
from data.integrations import calls, probe, reconcile, runs, sync

NIGHT = range(2, 5)


def synchronise() -> None:
    """Start a thread for every connection whose turn it is; to be called every few seconds."""
    sync.start_due()


def probes() -> None:
    """Test every configured connection; every five minutes."""
    probe.test_all()


def nightly() -> None:
    """Between two and five, once: compare 60 days with the vendors, drop what is too old."""
    now = datetime.now(UTC)
    if now.astimezone(company.zone()).hour not in NIGHT:
        return
    reconcile.reconcile_all(now)
    calls.forget_old()
    runs.forget_old()
