"""Brings the schema to the newest version, once however many instances start together."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from data import database

_FOLDER = Path(__file__).parent / "migrations"


class SchemaTooNew(Exception):
    """The database was migrated by a newer version; its text is one sentence."""


def upgrade() -> None:
    """Apply what is missing under an advisory lock. Raises DatabaseUnavailable, SchemaTooNew."""
    database.require_version()
    scripts = ScriptDirectory(str(_FOLDER))
    with database.connection() as opened:
        if _applied(opened) == scripts.get_current_head():
            return
        with database.advisory_lock(opened, "migrations"):
            opened.commit()
            _apply(opened, scripts)
            opened.commit()


def _applied(opened: Connection) -> str | None:
    exists = opened.exec_driver_sql("SELECT to_regclass('alembic_version')").scalar()
    if exists is None:
        return None
    version = opened.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if version is None else str(version)


def _apply(opened: Connection, scripts: ScriptDirectory) -> None:
    applied = _applied(opened)
    known = {script.revision for script in scripts.walk_revisions()}
    if applied is not None and applied not in known:
        raise SchemaTooNew(
            f"The database is at version {applied}, which this version of the product does not "
            "know; start the version that made it."
        )
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = opened
    opened.exec_driver_sql("SET statement_timeout = 0")
    command.upgrade(config, "head")
