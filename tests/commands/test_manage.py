"""The command line refuses in one sentence with exit status 2."""

from __future__ import annotations

import os

import pytest

from manage import needs_schema
from tests.product import manage


def test_an_unreachable_database_is_one_sentence() -> None:
    environment = os.environ | {"DATABASE_URL": "postgresql://u:hidden@127.0.0.1:9/d"}
    done = manage("users", "list", environment=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "cannot be reached" in done.stderr
    assert "hidden" not in done.stderr


def test_a_wrong_setting_is_one_sentence() -> None:
    done = manage("users", "list", environment=os.environ | {"COMPANY_TIMEZONE": "Mars"})
    assert done.returncode == 2
    assert done.stderr.startswith("COMPANY_TIMEZONE cannot be used")


def test_an_unknown_command_is_refused() -> None:
    done = manage("nonsense")
    assert done.returncode == 2
    assert "nonsense" in done.stderr


def test_a_command_without_its_database_says_what_to_do() -> None:
    nobody = "postgresql://x:hidden@127.0.0.1:9/x"
    done = manage("users", "list", environment=os.environ | {"DATABASE_URL": nobody})
    assert done.returncode == 2
    assert done.stderr == "The database cannot be reached; start it or correct DATABASE_URL.\n"


@pytest.mark.parametrize(
    ("typed", "needed"),
    [
        ("users list", True),
        ("users disable restore", True),
        ("users add settings-doc --role viewer", True),
        ("restore some.dump", False),
        ("settings-doc", False),
        ("users --help", False),
        ("", False),
    ],
)
def test_only_the_command_itself_decides_whether_the_schema_is_needed(
    typed: str, needed: bool
) -> None:
    assert needs_schema(typed.split()) is needed
