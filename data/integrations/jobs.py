"""What the worker calls: synchronise what is due, probe, reconcile at night."""

from __future__ import annotations

from data.integrations import calls, probe, reconcile, runs, sync


def synchronise() -> None:
    """Start a thread for every connection whose turn it is; to be called every few seconds."""
    sync.start_due()


def probes() -> None:
    """Test every configured connection; every five minutes."""
    probe.test_all()


def nightly() -> None:
    """Compare the last 60 days with the vendors, and drop what is kept no longer."""
    reconcile.reconcile_all()
    calls.forget_old()
    runs.forget_old()
