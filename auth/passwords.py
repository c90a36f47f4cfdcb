"""How passwords are hashed, checked and judged."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import threading
from functools import lru_cache

SHORTEST = 12
_LONGEST = 1024
# What bcrypt takes; it raises beyond.
_BCRYPT_BYTES = 72
# A storm of sign-ins must leave a core to everybody else's pages.
_at_once = threading.BoundedSemaphore(max(1, (os.cpu_count() or 2) - 1))


class PasswordRefused(Exception):
    """A password that may not be used; its text is one sentence."""


def hashed(password: str) -> str:
    """The bcrypt hash, as streamlit-authenticator's Hasher makes it; takes about 0.2 s."""
    from streamlit_authenticator.utilities.hasher import Hasher

    with _at_once:
        made: str = Hasher.hash(_fitting(password))
        return made


def matches(password: str, stored: str | None) -> bool:
    """Whether the password fits; without a stored hash the same work is done for nothing."""
    from streamlit_authenticator.utilities.hasher import Hasher

    if len(password) > _LONGEST:
        password = ""
    with _at_once:
        fits = bool(Hasher.check_pw(_fitting(password), stored or _nobodys()))
    return fits and stored is not None


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
def _nobodys() -> str:
    """A hash that no password fits, made once so that unknown names cost what known ones do."""
    from streamlit_authenticator.utilities.hasher import Hasher

    made: str = Hasher.hash(secrets.token_urlsafe(32))
    return made
