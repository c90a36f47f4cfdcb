"""`manage.py sample`: loads once, refuses nonsense in one sentence, takes all of it out."""

from __future__ import annotations

import os

from data import database as db
from data import sample
from data.sample import background
from tests.product import manage


def test_load_and_remove(database: str) -> None:
    environment = os.environ | {"DATABASE_URL": database}
    refused = manage("sample", "load", "--orders", "3", environment=environment)
    assert (refused.returncode, refused.stderr) == (
        2,
        "--orders 3 is not between 1,000 and 20,000,000.\n",
    )
    loaded = manage("sample", "load", "--orders", "1000", environment=environment)
    assert loaded.returncode == 0
    assert loaded.stdout.startswith("The sample company is loaded: 1,000 order lines in ")
    assert sample.present()
    again = manage("sample", "load", environment=environment)
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert manage("sample", "remove", environment=environment).returncode == 0
    assert not sample.present()
    nothing = manage("sample", "remove", environment=environment)
    assert nothing.stdout == "There is no sample data.\n"


def test_a_load_in_the_background_writes_down_how_it_ended(database: str) -> None:
    db.execute(
        "INSERT INTO imports (dataset, file_name, started_by, bytes) "
        "VALUES ('sample', 'sample company', 'mia', 1)"
    )
    number = background.running()
    assert number is not None
    assert background.start("ben") == number
    background.run(number, lines=2_000)
    row = db.one("SELECT state, message FROM imports WHERE id = :id", id=number)
    assert row is not None
    assert row["state"] == "done"
    assert row["message"] == "The sample company is loaded: 2,000 order lines."
    assert background.running() is None
