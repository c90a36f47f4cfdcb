"""How passwords are hashed, checked and judged."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import importlib.util
import os
import secrets
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from auth.hashing import Children, answered

SHORTEST = 12
_LONGEST = 1024
# What bcrypt takes; it raises beyond.
_BCRYPT_BYTES = 72


class PasswordRefused(Exception):
    """A password that may not be used; its text is one sentence."""


def digested(password: str, username: str, name: str) -> str:
    """The hash of a password that is good for that person. Raises PasswordRefused."""
    require_good(password, username, name)
    return hashed(password)


def hashed(password: str) -> str:
    """The bcrypt hash, as streamlit-authenticator's Hasher makes it; takes about 0.2 s."""
    made: str = _done("hash", _fitting(password))
    return made


def matches(password: str, stored: str | None) -> bool:
    """Whether the password fits; without a stored hash the same work is done for nothing."""
    if len(password) > _LONGEST:
        password = ""
    fits = bool(_done("check", _fitting(password), stored or _nobodys()))
    return fits and stored is not None


def work_aside() -> None:
    """From now on this process has its children hash; for the one that shows pages."""
    _Process.children = Children(max(1, (os.cpu_count() or 2) - 1))


class _Process:
    """Who hashes for this process; nobody: it does so itself, one at a time."""

    children: Children | None = None
    alone = threading.Lock()


def _done(*words: str) -> Any:
    if _Process.children is not None:
        with contextlib.suppress(OSError, ValueError):
            return _Process.children.ask(*words)
    with _Process.alone:
        return answered(list(words))


def require_good(password: str, *names: str | None) -> None:
    """Raise PasswordRefused for a short or common password, or one that holds a name."""
    if len(password) < SHORTEST:
        raise PasswordRefused(
            f"The password is too short; use {SHORTEST} characters or more, such as four words."
        )
    if len(password) > _LONGEST:
        raise PasswordRefused(f"The password is too long; use at most {_LONGEST} characters.")
    plain = password.casefold()
    for name in names:
        if name and len(name) > 2 and name.casefold() in plain:
            raise PasswordRefused("The password holds the person's name; choose another.")
    if plain.strip() in _common():
        raise PasswordRefused("The password is one of the 10,000 commonest; choose another.")
    if len(set(plain)) < 4:
        raise PasswordRefused("The password repeats too few characters; choose another.")


def generated() -> str:
    """A password for somebody to be handed once: 20 characters, about 98 bits."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))
    return "-".join(groups)


def _fitting(password: str) -> str:
    """The password itself when bcrypt can take it, otherwise its SHA-256 in base64."""
    raw = password.encode("utf-8", "surrogatepass")
    if len(raw) <= _BCRYPT_BYTES and b"\0" not in raw and raw.decode("utf-8", "ignore") == password:
        return password
    return base64.b64encode(hashlib.sha256(raw).digest()).decode()


@lru_cache
def _common() -> frozenset[str]:
    """The 10,000 commonest passwords; the file says where they come from."""
    whole = (Path(__file__).parent / "common-passwords.txt").read_text("utf-8")
    return frozenset(whole.partition("\n\n")[2].split("\n"))


@lru_cache
def _nobodys() -> str:
    """A hash that no password fits, made once so that unknown names cost what known ones do."""
    made: str = hasher().hash(secrets.token_urlsafe(32))
    return made


@lru_cache
def hasher() -> Any:
    """streamlit-authenticator's Hasher, loaded from its own file.

    Its package would bring the whole screen library along, to the command line too.
    """
    package = importlib.util.find_spec("streamlit_authenticator")
    assert package is not None
    assert package.submodule_search_locations
    file = Path(package.submodule_search_locations[0]) / "utilities" / "hasher.py"
    spec = importlib.util.spec_from_file_location("sentia_hasher", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Hasher
