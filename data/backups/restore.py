"""Puts a backup back in place of what the database holds, whole or not at all."""

from __future__ import annotations

import re
import time
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from data import database, migrate
from data.backups import make, programs

_LEAVE_S = 3.0
_SERVER = re.compile(r"Dumped from database version: (\d+)")
_MIGRATIONS = str(Path(migrate.__file__).parent / "migrations")
_EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


class RestoreRefused(Exception):
    """Nothing was changed; its text is one sentence."""


def restore(path: Path) -> None:
    """Replace the database by the backup and bring it to this version.

    Whoever was signed in signs in again, and what was waiting to be told then is not told now.
    Raises RestoreRefused, DatabaseUnavailable.
    """
    check(path)
    with database.connection() as opened, database.advisory_lock(opened, "migrations"):
        opened.commit()
        _refuse_while_running(opened)
        try:
            programs.pipe(
                programs.command("pg_restore", "--no-owner", "--no-acl", "-f", "-", str(path)),
                programs.command(
                    "psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-c", _EMPTY, "-f", "-"
                ),
            )
        except programs.ProgramFailed as error:
            raise RestoreRefused(
                f"{path.name} was not restored, and the database is as it was: {error}"
            ) from None
    migrate.upgrade()
    _settle()


def check(path: Path) -> None:
    """Raise RestoreRefused while the product runs, and for what cannot be restored here."""
    if not path.is_file():
        raise RestoreRefused(f"There is no file {path.name}.")
    with database.connection() as opened:
        _refuse_while_running(opened)
    try:
        contents = make.verify(path)
        version = _version_of(path)
    except programs.ProgramFailed as error:
        raise RestoreRefused(f"{path.name} is not a backup that can be restored: {error}") from None
    known = {script.revision for script in ScriptDirectory(_MIGRATIONS).walk_revisions()}
    if version not in known:
        raise RestoreRefused(
            f"{path.name} is of version {version}, which this version of the product does not "
            "know; restore it with the version that made it."
        )
    dumped = _SERVER.search(contents)
    serving = int(database.scalar("SHOW server_version_num")) // 10000
    if dumped and int(dumped.group(1)) > serving:
        raise RestoreRefused(
            f"{path.name} is of PostgreSQL {dumped.group(1)}, newer than the {serving} here; "
            "restore it into a server of that version."
        )


def _version_of(path: Path) -> str:
    rows = programs.output(
        "pg_restore", "--data-only", "-t", "alembic_version", "-f", "-", str(path)
    )
    found = re.search(r"^COPY .*alembic_version.*\n(.+)$", rows, re.MULTILINE)
    return found.group(1) if found else "unknown"


def _refuse_while_running(opened: Connection) -> None:
    """What has just been stopped gets a moment: its connections end after it."""
    last = time.monotonic() + _LEAVE_S
    while _others(opened):
        if time.monotonic() > last:
            raise RestoreRefused(
                "The product is running on this database; stop it, on every host, and try again."
            )
        time.sleep(0.1)


def _others(opened: Connection) -> int:
    found = opened.execute(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND application_name LIKE 'sentia%'"
        )
    ).scalar()
    opened.commit()
    return int(found or 0)


def _settle() -> None:
    database.execute(
        "UPDATE sessions SET ended_at = now(), ended_by = 'restore' WHERE ended_at IS NULL"
    )
    database.execute(
        "UPDATE alert_notifications SET dropped = 'restored from a backup' "
        "WHERE sent_at IS NULL AND gave_up_at IS NULL AND dropped IS NULL"
    )
