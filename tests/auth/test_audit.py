"""The trail only grows, and shows where somebody forced it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest
import sqlalchemy

from auth import audit
from auth.person import Person
from data import database as db

MIA = Person(7, "mia", "Mia", "admin")


def forced(url: str, *statements: str) -> None:
    """What somebody does who owns the database and switches the trail's protection off."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        for table in ("audit", "audit_head"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
    connection.close()


@pytest.fixture
def ten(database: str) -> str:
    for number in range(10):
        audit.record("test", actor=MIA, on=f"thing {number}", detail={"n": number})
    return database


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit",
     "SET session_replication_role = replica; DELETE FROM audit",
     "UPDATE audit_head SET id = 3", "DELETE FROM audit_head", "TRUNCATE audit_head",
     "INSERT INTO audit_head VALUES (false, 0, '')"],
)  # fmt: skip
def test_the_application_cannot_change_or_remove_a_row(ten: str, statement: str) -> None:
    with pytest.raises(sqlalchemy.exc.DBAPIError, match="can only grow"):
        db.execute(statement)
    assert audit.length() == 10


def test_an_untouched_trail_is_whole(ten: str) -> None:
    assert audit.first_broken() is None


def test_an_empty_trail_is_whole(database: str) -> None:
    assert audit.first_broken() is None


def test_rows_written_at_once_form_one_chain(database: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: audit.record("test", on=str(n)), range(80)))
    assert audit.length() == 80
    assert audit.first_broken() is None


@pytest.mark.parametrize(
    "change",
    ["actor = 'noa'", "detail = '{}'", "at = at + interval '1 second'", "address = '192.0.2.9'",
     "action = 'rest'", "object = ''", "outcome = 'refused'", "actor_id = 8"],
)  # fmt: skip
def test_a_changed_row_is_named(ten: str, change: str) -> None:
    forced(ten, f"UPDATE audit SET {change} WHERE id = 4")
    assert audit.first_broken() == (4, "its content was changed")


def test_a_changed_row_with_a_new_hash_breaks_the_row_after(ten: str) -> None:
    forced(
        ten,
        "UPDATE audit SET actor = 'noa' WHERE id = 4",
        "UPDATE audit SET hash = audit_hash(audit) WHERE id = 4",
    )
    assert audit.first_broken() == (5, "it does not follow the row before it")


def test_a_removed_row_is_noticed_in_the_middle_and_at_the_end(ten: str) -> None:
    forced(ten, "DELETE FROM audit WHERE id = 10")
    assert audit.first_broken() == (10, "rows at the end are missing")
    forced(ten, "DELETE FROM audit WHERE id = 4")
    assert audit.first_broken() == (5, "rows before it are missing")


FORGED = (
    "INSERT INTO audit SELECT id + 1, at, 1, 'noa', '', 'rest', '', 'done', '{}', hash, ''"
    " FROM audit ORDER BY id DESC LIMIT 1"
)


def test_a_row_added_past_the_application_is_named(ten: str) -> None:
    forced(ten, FORGED)
    assert audit.first_broken() == (11, "its content was changed")
    forced(ten, "UPDATE audit SET hash = audit_hash(audit) WHERE id = 11")
    assert audit.first_broken() == (11, "it was added past the application")


def test_rows_that_changed_places_are_named(ten: str) -> None:
    forced(ten, "UPDATE audit SET id = -1 WHERE id = 4", "UPDATE audit SET id = 4 WHERE id = 5",
           "UPDATE audit SET id = 5 WHERE id = -1")  # fmt: skip
    assert audit.first_broken() == (4, "it does not follow the row before it")


def test_the_last_row_and_the_head_are_not_beyond_proof(ten: str) -> None:
    forced(ten, "UPDATE audit SET actor = 'noa' WHERE id = 10",
           "UPDATE audit SET hash = audit_hash(audit) WHERE id = 10")  # fmt: skip
    assert audit.first_broken() == (10, "its content was changed")
    forced(ten, "DELETE FROM audit_head")
    assert audit.first_broken() == (10, "where the trail ends is not written down any more")


REWRITTEN = """
DO $$
DECLARE one audit; last bytea := '';
BEGIN
    FOR one IN SELECT * FROM audit ORDER BY id LOOP
        IF one.id = 4 THEN one.actor := 'noa'; END IF;
        one.previous := last;
        last := audit_hash(one);
        UPDATE audit SET actor = one.actor, previous = one.previous, hash = last WHERE id = one.id;
    END LOOP;
    UPDATE audit_head SET hash = last;
END $$
"""


def test_a_seal_kept_elsewhere_shows_a_trail_that_was_rewritten_whole(ten: str) -> None:
    sealed = audit.seal()
    assert sealed.startswith("10:")
    assert audit.is_seal(sealed)
    audit.record("test", on="later")
    assert audit.holds(sealed)
    forced(ten, REWRITTEN)
    assert audit.first_broken() is None, "what is inside alone cannot show it"
    assert not audit.holds(sealed)


def test_a_seal_kept_elsewhere_shows_rows_that_were_cut_off(ten: str) -> None:
    sealed = audit.seal()
    forced(
        ten,
        "DELETE FROM audit WHERE id > 8",
        "UPDATE audit_head SET (id, hash) = (SELECT id, hash FROM audit WHERE id = 8)",
    )
    assert audit.first_broken() is None
    assert not audit.holds(sealed)


def test_an_empty_trail_has_a_seal_that_always_holds(database: str) -> None:
    assert audit.seal() == "0:"
    audit.record("test")
    assert audit.holds("0:")


def test_a_role_that_does_not_own_the_trail_can_only_append(
    ten: str, postgres: Callable[[str], str]
) -> None:
    """As the runbook has it; what it says is what is run here."""
    runbook = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text()
    steps = runbook.partition("```sql\n")[2].partition("```")[0]
    role = f"r_{secrets.token_hex(4)}"
    with psycopg2.connect(ten) as owner, owner.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
        cursor.execute(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
        )
        cursor.execute(steps.replace("sentia_trail", f"{role}_trail").replace("sentia_app", role))
    owner.close()
    as_role = re.sub(r"//[^@]+@", f"//{role}:x@", ten)
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit",
                      "ALTER TABLE audit DISABLE TRIGGER USER", "UPDATE audit_head SET id = 1",
                      "DROP TABLE audit", "DROP FUNCTION audit_append CASCADE"):  # fmt: skip
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            _said(as_role, statement)
    _said(as_role, "INSERT INTO audit (actor, action) VALUES ('mia', 'test')")
    assert audit.length() == 11
    assert audit.first_broken() is None
    _said(ten, f"DROP OWNED BY {role}; DROP ROLE {role}; REASSIGN OWNED BY {role}_trail TO"
               f" CURRENT_USER; DROP OWNED BY {role}_trail; DROP ROLE {role}_trail")  # fmt: skip


def _said(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def test_an_action_undone_leaves_no_row(database: str) -> None:
    with pytest.raises(RuntimeError), db.transaction() as opened:
        audit.record("test", opened=opened)
        raise RuntimeError
    audit.record("after")
    assert [row["action"] for row in audit.recent()] == ["after"]
    assert audit.first_broken() is None


def test_no_text_can_forge_a_line_or_grow_without_end(database: str) -> None:
    audit.record("test", actor="mia\n2026 admin signed in", on="x" * 100_000,
                 detail={"a\r\nb": ["\x1b[31m", "\u2028"]})  # fmt: skip
    row = audit.recent()[0]
    assert row["actor"] == "mia 2026 admin signed in"
    assert len(row["object"]) == 500
    assert row["detail"] == {"a  b": [" [31m", " "]}


def test_the_trail_is_searched_by_action_actor_and_words(database: str) -> None:
    audit.record("user.add", actor=MIA, on="noa")
    audit.record("user.role", actor=MIA, on="50%_off")
    audit.record("sign_in", actor="noa")
    assert [row["action"] for row in audit.recent(action="user.")] == ["user.role", "user.add"]
    assert [row["action"] for row in audit.recent(actor="noa")] == ["sign_in"]
    assert [row["action"] for row in audit.recent(words="50%_")] == ["user.role"]
    assert [row["action"] for row in audit.recent(words="%")] == ["user.role"]
