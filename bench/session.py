"""This process beside the product: the same database, and a signed-in admin's cookie."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auth import people, sessions
from config import settings as settings_module
from data import database


@contextmanager
def beside(home: Path) -> Iterator[None]:
    """`data.database` points at the embedded PostgreSQL under `home`."""
    os.environ["SENTIA_HOME"] = str(home)
    os.environ.pop("DATABASE_URL", None)
    settings_module.settings.cache_clear()
    database.stop()
    database.start()
    try:
        yield
    finally:
        database.stop()


def admin_cookie() -> tuple[str, str]:
    """Name and value of the cookie of a new session of the first admin."""
    opened = sessions.redeem(sessions.ticket(people.find("admin")["id"]), "127.0.0.1", "bench")
    assert opened is not None
    return sessions.COOKIE, opened.token
