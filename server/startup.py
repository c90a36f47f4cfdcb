"""What must have happened before a page can be shown: database, schema, first admin."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from config.refused import SettingsError
from config.settings import Settings, settings
from data import database, migrate
from data.embedded import EmbeddedError

FATAL = (database.DatabaseRefused, EmbeddedError, migrate.SchemaTooNew)


@dataclass
class Progress:
    """How far this process has come; read by health checks and pages."""

    began_at: datetime
    began: float
    done: bool = False
    problem: str | None = "The process is starting."

    @property
    def uptime_s(self) -> float:
        """Seconds since the process began."""
        return round(time.monotonic() - self.began, 3)


PROGRESS = Progress(datetime.now(UTC), time.monotonic())


def settings_or_exit() -> Settings:
    """The settings; a wrong one ends the process with one sentence and exit status 2."""
    try:
        return settings()
    except SettingsError as error:
        print(error, file=sys.stderr, flush=True)
        sys.exit(2)


def bring_up() -> str | None:
    """Start the database, migrate it, make the first admin; returns a password just generated.

    Raises DatabaseUnavailable when it is worth trying again, one of FATAL when it is not.
    """
    try:
        database.start()
        migrate.upgrade()
        password = _first_admin()
    except (database.DatabaseUnavailable, *FATAL) as error:
        PROGRESS.problem = str(error)
        raise
    PROGRESS.problem = None
    PROGRESS.done = True
    return password


def _first_admin() -> str | None:
    from auth import people

    return people.ensure_admin()
