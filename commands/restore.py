"""`manage.py restore FILE`: put a backup back, while nothing else runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands import Refusal
from data import database
from data.backups import make
from data.backups import restore as backups

app = typer.Typer(help="Put a backup back in place of what the database holds.")


@app.callback(invoke_without_command=True)
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `manage.py backup` made.")],
    keep: Annotated[
        bool, typer.Option("--keep/--no-keep", help="First back up what is there now.")
    ] = True,
) -> None:
    """Refuses while the product runs, and files of a newer version; then all of it or nothing."""
    database.start()
    try:
        backups.check(file)
        now, kept = datetime.now(UTC), None
        if keep and database.scalar("SELECT to_regclass('alembic_version')"):
            kept = make.make("restore", now)
            print(f"What is there now is kept as {kept.path}.")
        backups.restore(file)
        if kept is not None:
            make.record("restore", now, kept)  # the backup that is back knows nothing of it
    except (backups.RestoreRefused, make.BackupFailed) as error:
        raise Refusal(str(error)) from None
    print(f"{file} is restored. Start the product; everybody signs in again.")
