"""`manage.py users` and `manage.py audit`, as an admin types them."""

from __future__ import annotations

import os
import re

import psycopg2
import pytest

from auth import people, sessions
from tests.product import manage

GOOD = "correct horse battery"


class Typed:
    """Runs `manage.py` against the test's database."""

    def __init__(self, url: str, home: str) -> None:
        self.environment = os.environ | {"DATABASE_URL": url, "SENTIA_HOME": home}

    def __call__(self, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
        done = manage(*arguments, environment=self.environment, stdin=stdin)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def typed(database: str, tmp_path: object) -> Typed:
    return Typed(database, str(tmp_path))


def test_an_account_is_made_listed_changed_and_shut(typed: Typed) -> None:
    assert typed("users", "add", "Mia", "--role", "manager", "--password", GOOD) == (
        0, "mia can sign in as manager.\n", "")  # fmt: skip
    assert re.search(r"^mia +manager +active +never +0 +mia$", typed("users", "list")[1], re.M)
    assert typed("users", "set-role", "mia", "viewer")[0] == 0
    assert typed("users", "set-password", "mia", stdin="another good password\n")[0] == 0
    assert typed("users", "disable", "mia")[0] == 0
    assert re.search(r"^mia +viewer +disabled", typed("users", "list")[1], re.M)
    assert typed("users", "enable", "mia")[0] == 0


def test_sessions_are_listed_and_ended(typed: Typed) -> None:
    user = people.add("mia", "viewer", password=GOOD)
    first = sessions.redeem(sessions.ticket(user), "192.0.2.1", "Firefox\x1b[31m")
    sessions.redeem(sessions.ticket(user), "192.0.2.2", "Chromium")
    assert first is not None
    shown = typed("users", "sessions", "mia")[1]
    assert "192.0.2.1" in shown
    assert "\x1b" not in shown
    assert typed("users", "revoke", str(first.id))[1] == f"Session {first.id} has ended.\n"
    assert typed("users", "revoke", "mia")[1] == "1 session of mia ended.\n"
    assert sessions.live() == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("add", "mia", "--role", "boss", "--password", GOOD), "no role 'boss'"),
        (("add", "a b", "--password", GOOD), "username cannot be used"),
        (("add", "mia", "--password", "short"), "too short"),
        (("set-role", "nobody", "viewer"), "no account 'nobody'"),
        (("set-password", "nobody", "--password", GOOD), "no account 'nobody'"),
        (("disable", "nobody"), "no account 'nobody'"),
        (("sessions", "nobody"), "no account 'nobody'"),
        (("revoke", "99"), "no live session 99"),
        (("revoke", "nobody"), "no account 'nobody'"),
    ],
)
def test_a_refusal_is_one_sentence_and_status_2(
    typed: Typed, arguments: tuple[str, ...], reason: str
) -> None:
    status, out, error = typed("users", *arguments)
    assert (status, out) == (2, "")
    assert reason in error
    assert error.count("\n") == 1


def test_the_trail_is_verified_and_its_first_broken_row_named(typed: Typed, database: str) -> None:
    people.ensure_admin("given from outside")
    people.add("mia", "viewer", password=GOOD)
    assert typed("audit", "verify") == (0, "The audit trail is whole: 2 rows.\n", "")
    with psycopg2.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit SET actor = 'somebody' WHERE id = 2")
    connection.close()
    status, _, error = typed("audit", "verify")
    assert status == 2
    assert error == "The audit trail is broken at row 2: its content was changed.\n"
    assert "user.add" in typed("audit", "list")[1]


def test_a_seal_is_printed_and_later_expected(typed: Typed, database: str) -> None:
    people.ensure_admin("given from outside")
    status, sealed, _ = typed("audit", "verify", "--head")
    assert (status, sealed[:2], len(sealed)) == (0, "1:", 67)
    people.add("mia", "viewer", password=GOOD)
    kept = sealed.strip()
    assert typed("audit", "verify", "--expect", kept)[1] == "The audit trail is whole: 2 rows.\n"
    other = kept[:-1] + ("0" if kept[-1] != "0" else "1")
    status, out, error = typed("audit", "verify", "--expect", other)
    assert (status, out) == (2, "")
    assert error == ("The audit trail is not the one that was sealed at row 1: "
                     "rows up to there were rewritten or removed.\n")  # fmt: skip
    assert typed("audit", "verify", "--expect", "x")[2].startswith("'x' is no seal; give what")
