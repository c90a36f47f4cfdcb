"""`manage.py backup` and `restore`, as they are typed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import psycopg2
import pytest

from data import database as data
from tests.product import manage

Typed = Callable[..., CompletedProcess[str]]


@pytest.fixture
def typed(database: str, home: Path) -> Typed:
    """Runs the command line while this process lets go of the database."""

    def run(*arguments: str) -> CompletedProcess[str]:
        data.engine().dispose()
        environment = {**os.environ, "DATABASE_URL": database, "SENTIA_HOME": str(home)}
        return manage(*arguments, environment=environment)

    return run


def test_a_backup_is_made_listed_and_restored_with_what_was_there_kept(
    typed: Typed, home: Path
) -> None:
    data.execute("INSERT INTO kpi_targets (kpi, from_day, target, set_by) "
                 "VALUES ('dso', '2026-01-01', 30, 'Jo')")  # fmt: skip
    made = typed("backup")
    (file,) = (home / "backups").glob("*.dump")
    assert made.returncode == 0
    assert made.stdout.startswith(f"{file} holds everything: ")
    data.execute("DELETE FROM kpi_targets")
    restored = typed("restore", str(file))
    assert restored.returncode == 0, restored.stderr
    assert restored.stdout.endswith("Start the product; everybody signs in again.\n")
    assert len(list((home / "backups").glob("*.dump"))) == 2
    assert data.scalar("SELECT target FROM kpi_targets") == 30
    typed("backup", "--elsewhere")
    listed = typed("backup", "list").stdout.splitlines()
    assert listed[0] == "began,made_by,host,file,bytes,error"
    assert [line.split(",")[1] for line in listed[1:]] == ["elsewhere", "restore"]


def test_a_refusal_is_one_sentence_and_status_2(typed: Typed, home: Path) -> None:
    refused = typed("restore", str(home / "none.dump"))
    assert (refused.returncode, refused.stderr) == (2, "There is no file none.dump.\n")
    with data.connection():
        environment = {**os.environ, "DATABASE_URL": data.url(), "SENTIA_HOME": str(home)}
        home.mkdir(exist_ok=True)
        (home / "some.dump").write_text("anything")
        refused = manage("restore", str(home / "some.dump"), environment=environment)
    assert refused.returncode == 2
    assert refused.stderr.startswith("The product is running on this database;")


def test_a_product_that_is_just_stopping_is_waited_for(
    typed: Typed, home: Path, database: str
) -> None:
    home.mkdir(exist_ok=True)
    (home / "some.dump").write_text("anything")
    last = psycopg2.connect(database, application_name="sentia web")
    leaving = threading.Timer(2, last.close)
    leaving.start()
    refused = typed("restore", str(home / "some.dump"))
    leaving.join()
    assert refused.returncode == 2
    assert "some.dump" in refused.stderr
