"""`manage.py worker`: run the worker here, where SENTIA_WORKER is external."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

app = typer.Typer(help="Run the worker in this terminal.")


@app.callback(invoke_without_command=True)
def run() -> None:
    """Collect, synchronise, judge and notify until Ctrl-C."""
    os.chdir(Path(__file__).parent.parent)
    # A process of its own, without what the command line has loaded.
    os.execv(sys.executable, [sys.executable, "-m", "worker"])  # noqa: S606
