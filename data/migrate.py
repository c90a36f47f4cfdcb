"""Brings the schema to the newest version, once however many instances start together."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from data import company, database, ownership

_FOLDER = Path(__file__).parent / "migrations"


class SchemaTooNew(Exception):
    """The database was migrated by a newer version; its text is one sentence."""


def upgrade() -> None:
    """Apply what is missing, as the owner, under an advisory lock.

    Raises DatabaseUnavailable, SchemaTooNew.
    """
    database.require_version()
    scripts = ScriptDirectory(str(_FOLDER))
    with database.connection() as opened:
        if _applied(opened) == scripts.get_current_head() and ownership.is_settled(opened):
            return
    with database.owner() as opened, database.advisory_lock(opened, "migrations"):
        opened.commit()
        _apply(opened, scripts)
        opened.commit()
        ownership.settle(opened)
        opened.commit()


_READABLE = "SELECT has_table_privilege(to_regclass('alembic_version')::oid, 'SELECT')"


def _applied(opened: Connection) -> str | None:
    """The version of the schema; None without one, or before it was given to this role."""
    if not opened.exec_driver_sql(_READABLE).scalar():
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
    config.attributes["currency"] = company.currency()
    opened.exec_driver_sql("SET statement_timeout = 0")
    command.upgrade(config, "head")
