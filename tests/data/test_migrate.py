"""Migrations apply once, however many start together."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg2
import pytest

from data import database as db
from data import migrate

_UPGRADE = "from data import database, migrate; database.start(); migrate.upgrade()"


def test_several_instances_starting_together_apply_them_once(
    postgres: Callable[[str], str],
) -> None:
    maintenance = psycopg2.connect(postgres("postgres"))
    maintenance.autocommit = True
    maintenance.cursor().execute("CREATE DATABASE together")
    environment = os.environ | {"DATABASE_URL": postgres("together")}
    root = Path(__file__).parents[2]
    starting = [
        subprocess.Popen([sys.executable, "-c", _UPGRADE], cwd=root, env=environment)
        for _ in range(3)
    ]
    assert [process.wait(60) for process in starting] == [0, 0, 0]
    maintenance.cursor().execute("DROP DATABASE together WITH (FORCE)")
    maintenance.close()


def test_a_second_upgrade_changes_nothing(database: str) -> None:
    before = db.scalar("SELECT version_num FROM alembic_version")
    migrate.upgrade()
    assert db.scalar("SELECT version_num FROM alembic_version") == before


def test_a_database_of_a_newer_version_is_refused_in_words(database: str) -> None:
    db.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(migrate.SchemaTooNew, match="9999"):
        migrate.upgrade()
