"""Credentials at rest: Fernet under SENTIA_SECRET_KEY or a generated key file, with rotation."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import text

from config.settings import settings
from data import database

KEY_FILE = "secrets.key"

# Every column that holds what `encrypt` returned; `rotate` re-encrypts exactly these.
# A table joins by one line: (table, primary key column, encrypted column).
ENCRYPTED_COLUMNS: list[tuple[str, str, str]] = [
    ("integration_credentials", "name", "sealed"),
    ("integration_tokens", "name", "sealed"),
    ("integration_sign_ins", "state", "sealed"),
    ("alert_channels", "name", "sealed"),
    ("second_factors", "user_id", "sealed"),
]


class SecretUnreadable(Exception):
    """A stored secret was made under a key that is gone; its text is one sentence."""


class KeyRefused(Exception):
    """The key cannot be used; its text is one sentence."""


def encrypt(plain: str) -> str:
    """Seal a secret for storage. Raises KeyRefused."""
    return _ring().encrypt(plain.encode()).decode("ascii")


def decrypt(sealed: str) -> str:
    """Open what `encrypt` returned. Raises SecretUnreadable, KeyRefused."""
    try:
        return _ring().decrypt(sealed.encode("ascii")).decode()
    except (InvalidToken, UnicodeError):
        raise SecretUnreadable(
            "A stored credential cannot be opened with the present key; set SENTIA_SECRET_KEY to "
            "the key it was stored under, or enter the credential again."
        ) from None


def rotate() -> int:
    """Re-encrypt every stored secret under the newest key; returns how many.

    With a key file a new key is made first and the old ones are dropped last, so that a stop at
    any moment leaves every secret readable. With SENTIA_SECRET_KEY="new,old" the first is newest.
    """
    chosen = settings().sentia_secret_key
    if chosen is None:
        _write_keys([Fernet.generate_key().decode(), *_file_keys()])
    count = _reencrypt(_ring())
    if chosen is None:
        _write_keys(_file_keys()[:1])
    return count


def _reencrypt(ring: MultiFernet) -> int:
    count = 0
    with database.transaction() as opened:
        for table, key, column in ENCRYPTED_COLUMNS:
            rows = opened.execute(
                text(f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL FOR UPDATE")
            ).all()
            for name, sealed in rows:
                opened.execute(
                    text(f"UPDATE {table} SET {column} = :sealed WHERE {key} = :name"),
                    {"name": name, "sealed": _resealed(ring, sealed)},
                )
            count += len(rows)
    return count


def _resealed(ring: MultiFernet, sealed: str) -> str:
    try:
        return ring.rotate(sealed.encode("ascii")).decode("ascii")
    except InvalidToken:
        raise SecretUnreadable(
            "A stored credential cannot be opened with any key at hand, so nothing was rotated; "
            "set SENTIA_SECRET_KEY to new,old or remove that credential."
        ) from None


def derived(purpose: str) -> str:
    """A key for another purpose, the same on every instance that has the newest key."""
    return hmac.new(_keys()[0], purpose.encode(), "sha256").hexdigest()


def _ring() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in _keys()])


def _keys() -> list[bytes]:
    """Newest key first. The key file stays readable beside SENTIA_SECRET_KEY."""
    chosen = settings().sentia_secret_key
    given = [] if chosen is None else _named_keys(chosen.get_secret_value())
    stored = _file_keys(create=not given)
    return [*given, *(key.encode("ascii") for key in stored)]


def _named_keys(value: str) -> Iterable[bytes]:
    """Each comma-separated part is a Fernet key, or a passphrase that one is derived from."""
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if any(len(part) < 16 for part in parts) or not parts:
        raise KeyRefused("SENTIA_SECRET_KEY cannot be used: each key needs at least 16 characters.")
    return [_fernet_key(part) for part in parts]


@lru_cache
def _fernet_key(part: str) -> bytes:
    try:
        Fernet(part)
    except ValueError:
        digest = hashlib.scrypt(part.encode(), salt=b"sentia-secrets", n=2**14, r=8, p=1, dklen=32)
        return base64.urlsafe_b64encode(digest)
    return part.encode("ascii")


def _file_keys(create: bool = False) -> list[str]:
    path = _key_file()
    if not path.exists():
        if not create:
            return []
        _create_key(path)
    if path.stat().st_mode & 0o077:
        raise KeyRefused(
            f"{KEY_FILE} in SENTIA_HOME can be read by other users; run chmod 600 on it."
        )
    return path.read_text(encoding="ascii").split()


def _create_key(path: Path) -> None:
    """One process wins; the others read the winner's key."""
    made = _temporary(path, Fernet.generate_key().decode())
    try:
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()


def _write_keys(keys: list[str]) -> None:
    path = _key_file()
    _temporary(path, "\n".join(keys)).replace(path)


def _temporary(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        opened.write(content + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    return Path(name)


def _key_file() -> Path:
    return settings().sentia_home / KEY_FILE
