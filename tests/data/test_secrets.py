"""Stored credentials: who can read the key, and that rotation never loses one."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from config.settings import settings
from data import database as db
from data import secrets


@pytest.fixture(autouse=True)
def _own_home(database: str, home: Path) -> Path:
    return home


def _store(name: str, plain: str) -> None:
    db.execute(
        "INSERT INTO integration_credentials (name, sealed) VALUES (:name, :sealed)",
        name=name,
        sealed=secrets.encrypt(plain),
    )


def _stored(name: str) -> str:
    return str(
        db.scalar("SELECT sealed FROM integration_credentials WHERE name = :name", name=name)
    )


def test_a_secret_comes_back_and_is_not_stored_in_clear() -> None:
    sealed = secrets.encrypt("shpat_0123")
    assert "shpat" not in sealed
    assert secrets.decrypt(sealed) == "shpat_0123"


def test_the_generated_key_is_readable_by_its_owner_only(home: Path) -> None:
    secrets.encrypt("x")
    assert stat.S_IMODE((home / secrets.KEY_FILE).stat().st_mode) == 0o600


def test_a_key_that_others_can_read_is_refused_with_the_step(home: Path) -> None:
    sealed = secrets.encrypt("x")
    (home / secrets.KEY_FILE).chmod(0o644)
    with pytest.raises(secrets.KeyRefused, match="chmod 600"):
        secrets.decrypt(sealed)


def test_rotation_re_encrypts_what_is_stored_and_drops_the_old_key(home: Path) -> None:
    _store("xero", "client secret")
    before, old_key = _stored("xero"), (home / secrets.KEY_FILE).read_text()
    assert secrets.rotate() == 1
    assert secrets.decrypt(_stored("xero")) == "client secret"
    assert (home / secrets.KEY_FILE).read_text() != old_key
    with pytest.raises(secrets.SecretUnreadable):
        secrets.decrypt(before)


def test_a_rotation_that_stops_before_the_rows_leaves_every_secret_readable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _store("xero", "client secret")

    def killed(_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(secrets, "_reencrypt", killed)
        with pytest.raises(KeyboardInterrupt):
            secrets.rotate()
    assert secrets.decrypt(_stored("xero")) == "client secret"
    assert secrets.rotate() == 1
    assert secrets.decrypt(_stored("xero")) == "client secret"


def test_a_key_from_the_environment_opens_what_the_file_key_sealed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _store("xero", "client secret")
    monkeypatch.setenv("SENTIA_SECRET_KEY", "a passphrase long enough")
    settings.cache_clear()
    assert secrets.decrypt(_stored("xero")) == "client secret"
    secrets.rotate()
    assert secrets.decrypt(_stored("xero")) == "client secret"


def test_a_short_key_is_refused_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTIA_SECRET_KEY", "short")
    settings.cache_clear()
    with pytest.raises(secrets.KeyRefused, match="SENTIA_SECRET_KEY"):
        secrets.encrypt("x")
