"""`manage.py backup`: a backup now, or a record of one that was made elsewhere."""

from __future__ import annotations

import csv
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from commands import Refusal
from data import database
from data.backups import make

app = typer.Typer(help="Back the whole database up into SENTIA_HOME/backups, or list backups.")


@app.callback(invoke_without_command=True)
def backup(
    context: typer.Context,
    elsewhere: Annotated[
        bool, typer.Option("--elsewhere", help="Only record that another tool has made one.")
    ] = False,
) -> None:
    """Make a backup, read it back, and keep the newest SENTIA_BACKUPS_KEPT."""
    if context.invoked_subcommand is not None:
        return
    now = datetime.now(UTC)
    if elsewhere:
        make.record("elsewhere", now)
        print("It is recorded that a backup was made elsewhere.")
        return
    try:
        made = make.make("command", now)
    except make.BackupFailed as error:
        raise Refusal(str(error)) from None
    print(f"{made.path} holds everything: {made.size:,} bytes in {made.seconds:.1f} s.")


@app.command("list")
def list_backups() -> None:
    """Print the newest hundred as CSV: began, made_by, host, file, bytes, error."""
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(["began", "made_by", "host", "file", "bytes", "error"])
    for row in database.read("SELECT * FROM backups ORDER BY began_at DESC LIMIT 100"):
        began = row["began_at"].isoformat(timespec="seconds").replace("+00:00", "Z")
        kept = (row["made_by"], row["host"], row["file"], row["bytes"], row["error"])
        rows.writerow([began, *("" if value is None else value for value in kept)])
