"""A backup holds everything and is put back whole; one that fails leaves all as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts import rulebook
from config import settings as settings_module
from data import database as data
from data.backups import make, programs, restore
from data.backups.make import BackupFailed
from data.backups.restore import RestoreRefused
from data.queries import alerts as queries

NOW = datetime.now(UTC)


@pytest.fixture
def kept(database: str, home: Path) -> Path:
    """The folder of backups of a database with its rules in it."""
    rulebook.install_defaults()
    return home / "backups"


def _names() -> int:
    return int(data.scalar("SELECT count(*) FROM alert_rules"))


@contextlib.contextmanager
def _broken(path: Path, cut: int) -> Iterator[Path]:
    """The file without its last bytes."""
    short = path.with_name("short.dump")
    short.write_bytes(path.read_bytes()[:-cut])
    yield short


def test_a_backup_is_private_verified_recorded_and_put_back_whole(kept: Path) -> None:
    made = make.make("command", NOW)
    assert made.path.parent == kept
    assert (made.path.stat().st_mode & 0o777, kept.stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(kept.glob("*.partial")) == []
    row = data.one("SELECT made_by, file, bytes, error FROM backups")
    assert row is not None
    assert list(row.values()) == ["command", made.path.name, made.size, None]
    before = _names()
    data.execute("DELETE FROM alert_rules")
    data.execute("CREATE TABLE made_later (n int)")
    restore.restore(made.path)
    assert _names() == before
    assert data.scalar("SELECT to_regclass('made_later')") is None


def test_after_a_restore_everybody_signs_in_again_and_nothing_old_is_told(kept: Path) -> None:
    data.execute(
        "INSERT INTO users (username, name, role, password_hash) VALUES ('jo', 'Jo', 'viewer', 'x')"
    )
    data.execute(
        "INSERT INTO sessions (token_hash, user_id, role, idle, expires_at) SELECT 'x', id, "
        "'viewer', interval '1 hour', now() + interval '1 hour' FROM users"
    )
    restore.restore(make.make("command", NOW).path)
    assert data.scalar("SELECT ended_by FROM sessions") == "restore"


def test_a_backup_never_takes_the_place_of_another(kept: Path) -> None:
    now = datetime(2026, 3, 2, 3, tzinfo=UTC)
    first, second = make.make("command", now), make.make("restore", now)
    assert first.path != second.path
    assert sorted(kept.glob("*.dump")) == [first.path, second.path]


def test_only_the_newest_backups_are_kept(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTIA_BACKUPS_KEPT", "2")
    settings_module.settings.cache_clear()
    made = [make.make("command", NOW + timedelta(seconds=second)).path for second in range(3)]
    assert sorted(kept.glob("*.dump")) == made[1:]


def test_a_backup_that_fails_says_why_and_leaves_no_file(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        programs, "environment", lambda: {"PGHOST": "127.0.0.1", "PGPORT": "1", "PATH": "/usr/bin"}
    )
    with pytest.raises(BackupFailed, match=r"No backup was made: .*127\.0\.0\.1"):
        make.make("command", NOW)
    assert list(kept.iterdir()) == []
    assert data.scalar("SELECT error FROM backups").startswith("pg_dump: error")
    assert queries.backup_age(NOW) != []


def test_two_backups_are_never_made_at_once(kept: Path) -> None:
    refused = pytest.raises(BackupFailed, match="Another backup is being made")
    with data.connection() as opened, data.advisory_lock(opened, "sentia backup"), refused:
        make.make("command", NOW)
    make.make("command", NOW)


def test_the_nightly_backup_is_made_once_from_half_past_two_company_time(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPANY_TIMEZONE", "Europe/Berlin")
    settings_module.settings.cache_clear()
    data.execute("UPDATE alert_installation SET made_at = '2026-03-01T00:00Z'")
    assert make.due_since(datetime(2026, 3, 1, 1, 29, tzinfo=UTC)).day == 28
    for minute in (0, 29):
        make.nightly(datetime(2026, 3, 1, 1, minute, tzinfo=UTC))
    assert data.scalar("SELECT count(*) FROM backups") == 0
    for minute in (30, 35, 59):
        make.nightly(datetime(2026, 3, 1, 1, minute, tzinfo=UTC))
    assert data.scalar("SELECT count(*) FROM backups") == 1
    make.nightly(datetime(2026, 3, 2, 1, 30, tzinfo=UTC))
    assert data.scalar("SELECT count(*) FROM backups") == 2


def test_a_backup_made_elsewhere_counts_and_none_is_missed_where_none_is_to_be_made(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTIA_BACKUPS_KEPT", "0")
    settings_module.settings.cache_clear()
    make.nightly(NOW + timedelta(days=3))
    assert queries.backup_age(NOW) == []
    make.record("elsewhere", NOW)
    ((_, hours),) = queries.backup_age(datetime.now(UTC) + timedelta(hours=3))
    assert hours == pytest.approx(3, abs=0.1)


def test_a_restore_is_refused_while_the_product_runs(kept: Path) -> None:
    made = make.make("command", NOW)
    with data.connection(), pytest.raises(RestoreRefused, match="The product is running"):
        restore.restore(made.path)


def test_a_restore_refuses_other_files_and_other_versions(kept: Path) -> None:
    made = make.make("command", NOW)
    with pytest.raises(RestoreRefused, match=r"There is no file gone\.dump"):
        restore.restore(kept / "gone.dump")
    (kept / "notes.dump").write_text("not a backup")
    with pytest.raises(RestoreRefused, match=r"notes\.dump is not a backup that can be restored"):
        restore.restore(kept / "notes.dump")
    data.execute("UPDATE alembic_version SET version_num = '9999'")
    newer = make.make("command", NOW + timedelta(seconds=1))
    data.execute("UPDATE alembic_version SET version_num = '9998'")
    with pytest.raises(RestoreRefused, match="is of version 9999, which this version"):
        restore.restore(newer.path)
    assert made.path.exists()


@pytest.mark.parametrize("cut", [100, 20_000])
def test_a_damaged_backup_changes_nothing(kept: Path, cut: int) -> None:
    made = make.make("command", NOW)
    data.execute("DELETE FROM alert_rules WHERE name = 'CPU high'")
    before = _names()
    with _broken(made.path, cut) as short, pytest.raises(RestoreRefused):
        restore.restore(short)
    assert _names() == before


def test_a_target_that_fails_first_is_the_one_that_is_named(database: str) -> None:
    with pytest.raises(programs.ProgramFailed, match="No such file"):
        programs.pipe(["yes"], ["ls", "/nowhere/at/all"])
    with pytest.raises(programs.ProgramFailed, match="No such file"):
        programs.pipe(["ls", "/nowhere/at/all"], ["cat"])
