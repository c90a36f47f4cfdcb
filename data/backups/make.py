"""Makes a backup: dumped, read back, given its name only then, and recorded either way."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Literal

import structlog
from sqlalchemy import text

from config.settings import settings
from data import company, database
from data.backups import programs

_log = structlog.get_logger()
_AT = time_of_day(2, 30)
_AGAIN = timedelta(hours=1)
_PATTERN = "sentia-*.dump"


class BackupFailed(Exception):
    """No backup was made; its text is one sentence."""


@dataclass(frozen=True)
class Backup:
    """A file that holds the whole database."""

    path: Path
    size: int
    seconds: float


def folder() -> Path:
    """Where backups are kept."""
    return settings().sentia_home / "backups"


def make(made_by: Literal["schedule", "command", "restore"], now: datetime) -> Backup:
    """Dump, verify, keep the newest ones, record. Raises BackupFailed, DatabaseUnavailable."""
    began = time.monotonic()
    with database.connection() as opened:
        taken = "SELECT pg_try_advisory_lock(hashtextextended('sentia backup', 0))"
        if not opened.execute(text(taken)).scalar():
            raise BackupFailed("Another backup is being made; wait until it is done.")
        opened.commit()
        try:
            path = _dump(folder(), now)
        except (programs.ProgramFailed, OSError) as error:
            reason = str(error) if isinstance(error, programs.ProgramFailed) else _in_words(error)
            record(made_by, now, error=reason)
            raise BackupFailed(f"No backup was made: {reason}") from None
        finally:
            opened.invalidate()
    made = Backup(path, path.stat().st_size, time.monotonic() - began)
    record(made_by, now, made)
    if made_by != "restore":
        _keep_newest(path.parent, max(1, settings().sentia_backups_kept))
    return made


def _in_words(error: OSError) -> str:
    return f"the folder of backups cannot be written ({error.strerror})."


def _dump(target: Path, now: datetime) -> Path:
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in target.glob("*.partial"):
        left.unlink()
    while (path := target / f"sentia-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.dump").exists():
        now += timedelta(seconds=1)  # never over another, such as the one that is being restored
    partial = path.with_suffix(".partial")
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        programs.output("pg_dump", "-Fc", "--no-owner", "--no-acl", "-f", str(partial))
        verify(partial)
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def verify(path: Path) -> str:
    """The table of contents, read back. Raises ProgramFailed when it is not a backup of this."""
    contents = programs.output("pg_restore", "--list", str(path))
    if "TABLE DATA public alembic_version" not in contents:
        raise programs.ProgramFailed("it holds no database of this product.")
    return contents


def _keep_newest(target: Path, count: int) -> None:
    for old in sorted(target.glob(_PATTERN))[:-count]:
        old.unlink(missing_ok=True)


def record(
    made_by: str, began: datetime, made: Backup | None = None, error: str | None = None
) -> None:
    """Write down a backup, or why there is none; the file by its name alone."""
    if database.scalar("SELECT to_regclass('backups')") is None:
        return  # a database that this version has not brought up to date yet
    database.execute(
        "INSERT INTO backups (began_at, finished_at, made_by, host, file, bytes, error) "
        "VALUES (:began, now(), :made_by, :host, :file, :bytes, :error)",
        began=began,
        made_by=made_by,
        host=settings().instance,
        file=made.path.name if made else None,
        bytes=made.size if made else None,
        error=error,
    )


def nightly(now: datetime | None = None) -> None:
    """Make the backup that has been due since 02:30 company time; after a failure hourly.

    For the worker that leads; every few minutes. Raises BackupFailed.
    """
    now = now or datetime.now(UTC)
    if settings().sentia_backups_kept == 0 or not _is_due(now):
        return
    made = make("schedule", now)
    _log.info("backup made", file=made.path.name, bytes=made.size, seconds=round(made.seconds, 1))


def _is_due(now: datetime) -> bool:
    since = due_since(now)
    answer = database.scalar(
        """
        SELECT (SELECT min(made_at) FROM alert_installation) < :since AND NOT EXISTS (
            SELECT FROM backups WHERE (error IS NULL AND file IS NOT NULL AND began_at >= :since)
               OR (error IS NOT NULL AND began_at > :lately))
        """,
        since=since,
        lately=now - _AGAIN,
    )
    return bool(answer)


def due_since(now: datetime) -> datetime:
    """The newest 02:30 of the company that is not after `now`."""
    zone = company.zone()
    today = now.astimezone(zone).date()
    found = datetime.combine(today, _AT, zone)
    if found > now:
        found = datetime.combine(today - timedelta(days=1), _AT, zone)
    return found.astimezone(UTC)
