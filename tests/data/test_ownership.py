"""The embedded database as the product's own role: its tables are its own, the trail is not."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import psycopg2
import pytest
import sqlalchemy

from auth import audit
from config import settings as settings_module
from data import database as db
from data import migrate
from data.backups import make, restore
from data.embedded import EmbeddedPostgres
from data.metrics import partitions

NOW = datetime.now(UTC)
_UPGRADE = "from data import database, migrate; database.start(); migrate.upgrade()"
# What an installation was like before: one role, superuser and owner of everything.
_AS_BEFORE = """
REASSIGN OWNED BY sentia_app TO sentia;
DROP OWNED BY sentia_app;
DROP ROLE sentia_app;
ALTER FUNCTION audit_append() SECURITY INVOKER RESET ALL;
ALTER FUNCTION audit_hash(audit) RESET ALL;
"""


@pytest.fixture(scope="module")
def own() -> Iterator[EmbeddedPostgres]:
    """An embedded server that `data.database` works on as the product does."""
    folder = Path(tempfile.mkdtemp(prefix="sentia-owned-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTIA_HOME", str(folder / "home"))
        patch.delenv("DATABASE_URL", raising=False)
        settings_module.settings.cache_clear()
        db.stop()
        db.start()
        migrate.upgrade()
        yield EmbeddedPostgres(folder / "home")
        db.stop()
    settings_module.settings.cache_clear()
    shutil.rmtree(folder, ignore_errors=True)


def as_owner(server: EmbeddedPostgres, statements: str) -> None:
    with psycopg2.connect(server.url.replace("+psycopg2", "")) as connection:
        connection.cursor().execute(statements)
    connection.close()


def owner_of(table: str) -> object:
    return db.scalar("SELECT tableowner FROM pg_tables WHERE tablename = :name", name=table)


def refused(statement: str) -> None:
    with pytest.raises(sqlalchemy.exc.DBAPIError) as raised:
        db.execute(statement)
    assert isinstance(raised.value.orig, psycopg2.errors.InsufficientPrivilege), raised.value


def separated() -> None:
    """Fails unless rows are appended, and neither changed nor unguarded."""
    before = audit.length()
    audit.record("test", on="thing")
    assert audit.length() == before + 1
    assert audit.first_broken() is None
    refused("ALTER TABLE audit DISABLE TRIGGER USER")
    refused("UPDATE audit SET actor = 'x'")


def test_the_product_works_as_a_role_that_rules_nothing(own: EmbeddedPostgres) -> None:
    row = db.one("SELECT * FROM pg_roles WHERE rolname = current_user")
    assert row is not None
    assert row["rolname"] == "sentia_app"
    rules = ("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls")
    assert not any(row[name] for name in rules)
    password = own.home / "postgres.app-password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert password.read_text() != (own.home / "postgres.password").read_text()


def test_everything_but_the_trail_is_its_own(own: EmbeddedPostgres) -> None:
    kept = "SELECT array_agg(tablename ORDER BY tablename) FROM pg_tables WHERE tableowner = :role"
    assert db.scalar(f"{kept} AND schemaname = 'public'", role="sentia") == ["audit", "audit_head"]
    assert len(db.scalar(kept, role="sentia_app")) > 40
    assert db.scalar("SELECT viewowner FROM pg_views WHERE viewname = 'invoice_events'") == (
        "sentia_app"
    )


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit", "DROP TABLE audit",
     "ALTER TABLE audit DISABLE TRIGGER ALL", "ALTER TABLE audit OWNER TO sentia_app",
     "SET session_replication_role = replica", "UPDATE audit_head SET id = 3",
     "INSERT INTO audit_head VALUES (false, 0, '')", "ALTER TABLE audit_head DISABLE TRIGGER USER",
     "DROP FUNCTION audit_append CASCADE", "DROP TRIGGER audit_stays ON audit",
     "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
     "'BEGIN RETURN OLD; END'",
     "CREATE TRIGGER mine BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
     "CREATE RULE mine AS ON INSERT TO audit DO INSTEAD NOTHING", "DROP SCHEMA public CASCADE",
     "SET ROLE sentia", "ALTER ROLE sentia_app SUPERUSER", "COPY audit FROM PROGRAM 'true'"],
)  # fmt: skip
def test_the_role_cannot_touch_the_trail_or_what_guards_it(
    own: EmbeddedPostgres, statement: str
) -> None:
    audit.record("test", on="thing")
    refused(statement)
    assert audit.first_broken() is None


def test_nothing_the_role_makes_in_the_schema_runs_as_the_owner(own: EmbeddedPostgres) -> None:
    db.execute("CREATE TABLE ran_as (who text)")
    db.execute(
        "CREATE FUNCTION unnest(given text[]) RETURNS SETOF text LANGUAGE sql AS $$"
        " INSERT INTO ran_as VALUES (current_user); SELECT pg_catalog.unnest(given) $$"
    )
    assert db.scalar("SELECT count(*) FROM unnest(ARRAY['a', 'b'])") == 2
    audit.record("test", on="thing")
    assert db.scalar("SELECT count(*) FROM ran_as WHERE who <> 'sentia_app'") == 0
    assert audit.first_broken() is None
    migrate.upgrade()
    db.execute("DROP FUNCTION unnest(text[])")
    db.execute("DROP TABLE ran_as")


def test_a_table_of_the_role_named_like_the_trail_stands_in_for_nothing(
    own: EmbeddedPostgres,
) -> None:
    before = audit.length()
    with db.transaction() as opened:
        opened.exec_driver_sql("CREATE TEMP TABLE audit_head (LIKE public.audit_head)")
        opened.exec_driver_sql("INSERT INTO audit_head VALUES (true, 1000, '')")
        opened.exec_driver_sql("INSERT INTO audit (actor, action) VALUES ('mia', 'test')")
        opened.exec_driver_sql("DROP TABLE pg_temp.audit_head")
    assert audit.length() == before + 1
    assert audit.first_broken() is None


def test_partitions_are_made_and_dropped(own: EmbeddedPostgres) -> None:
    assert partitions.ensure(NOW) > 0
    assert partitions.ensure(NOW - timedelta(days=900)) > 0
    assert len(partitions.drop_old(NOW)) > 0
    assert owner_of(f"metric_samples_{NOW:%Y%m%d}") == "sentia_app"
    migrate.upgrade()


def test_the_role_sees_what_the_performance_page_shows(own: EmbeddedPostgres) -> None:
    others = psycopg2.connect(own.url.replace("+psycopg2", ""), application_name="somebody else")
    seen = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'somebody else'"
    assert db.scalar(seen) == 1
    others.close()
    assert db.scalar("SELECT pg_database_size(current_database())") > 0
    db.execute("ANALYZE users")


def test_a_second_start_looks_once_and_changes_nothing(
    own: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> NoReturn:
        raise AssertionError("nothing is left for the owner to do")

    monkeypatch.setattr(db, "owner", none)
    migrate.upgrade()


def test_a_table_of_a_migration_that_was_cut_off_finds_its_owner(own: EmbeddedPostgres) -> None:
    as_owner(own, "CREATE TABLE left_over (n int GENERATED ALWAYS AS IDENTITY)")
    refused("INSERT INTO left_over DEFAULT VALUES")
    migrate.upgrade()
    db.execute("INSERT INTO left_over DEFAULT VALUES")
    db.execute("DROP TABLE left_over")


def test_a_backup_and_a_restore_leave_the_trail_whole_and_its_owner(own: EmbeddedPostgres) -> None:
    audit.record("test", on="before")
    kept = audit.length()
    made = make.make("command", NOW)
    db.execute("CREATE TABLE made_later (n int)")
    restore.restore(made.path)
    assert audit.length() == kept
    assert db.scalar("SELECT to_regclass('made_later')") is None
    assert (owner_of("audit"), owner_of("users")) == ("sentia", "sentia_app")
    separated()
    make.make("command", NOW + timedelta(seconds=1))


def test_an_installation_of_one_role_is_separated_by_whoever_starts_first(
    own: EmbeddedPostgres,
) -> None:
    audit.record("test", on="of the former version")
    kept = audit.length()
    holder = EmbeddedPostgres(own.home)  # as a process of that version that still runs
    holder.start()
    db.stop()
    as_owner(own, _AS_BEFORE)
    (own.home / "postgres.app-password").unlink()
    environment = {**os.environ, "SENTIA_HOME": str(own.home)}
    starting = [
        subprocess.Popen([sys.executable, "-c", _UPGRADE], cwd=Path(__file__).parents[2],
                         env=environment)
        for _ in range(2)
    ]  # fmt: skip
    assert [process.wait(60) for process in starting] == [0, 0]
    db.start()
    assert audit.length() == kept
    assert (owner_of("audit"), owner_of("users")) == ("sentia", "sentia_app")
    separated()
    holder.stop()
