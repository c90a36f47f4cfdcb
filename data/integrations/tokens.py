"""Access tokens shared by every process; one of them renews, the others take what it stored."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

from data import database, secrets

EARLY_S = 60.0
# One that lives no longer than it is renewed early would be renewed for every call; when it has
# ended meanwhile the vendor refuses it and a new one is fetched.
SHORTEST_S = 2 * EARLY_S
LONGEST_S = 366 * 86_400.0

_READ = "SELECT sealed FROM integration_tokens WHERE name = :name"
_PLACE = "INSERT INTO integration_tokens (name) VALUES (:name) ON CONFLICT DO NOTHING"
_STORE = """
INSERT INTO integration_tokens (name, sealed, expires_at) VALUES (:name, :sealed, :expires)
ON CONFLICT (name) DO UPDATE SET
    sealed = excluded.sealed, expires_at = excluded.expires_at, updated_at = now()
"""


@dataclass(frozen=True)
class Token:
    """`expires_at` is epoch seconds on this machine's clock, counted from when it arrived."""

    access: str
    expires_at: float
    refresh: str | None = None


Renew = Callable[[Token | None], Token]


def access(name: str, renew: Renew, now: float, rejected: str | None = None) -> str:
    """A token that should work; `rejected` is one that the vendor just refused.

    The row is locked while `renew` talks to the vendor, so that a refresh token is used once. A
    stop before the commit leaves the old refresh token in place, which Xero takes again for 30
    minutes when its answer was lost.
    """
    held = _opened(database.scalar(_READ, name=name))
    if held is not None and _good(held, now, rejected):
        return held.access
    with database.transaction() as opened:
        opened.execute(text(_PLACE), {"name": name})
        sealed = opened.execute(text(_READ + " FOR UPDATE"), {"name": name}).scalar()
        stored = _opened(sealed)
        if not _good(stored, now, rejected):
            stored = renew(stored)
            _write(opened, name, stored)
    assert stored is not None
    return stored.access


def given(found: Any, now: float, usual_s: float, refresh: str | None = None) -> Token | None:
    """The token of a token endpoint's answer, None without one.

    `usual_s` is how long it lives when the answer does not say; `refresh` stays where no other
    refresh token came.
    """
    if not isinstance(found, dict) or not found.get("access_token"):
        return None
    lives = _lifetime(found.get("expires_in"), usual_s)
    return Token(str(found["access_token"]), now + lives, found.get("refresh_token") or refresh)


def store(name: str, token: Token) -> None:
    """Take over a token that a person's sign-in gave."""
    with database.transaction() as opened:
        _write(opened, name, token)


def forget(name: str) -> None:
    """Drop the token: the credentials behind it changed."""
    database.execute("DELETE FROM integration_tokens WHERE name = :name", name=name)


def has_refresh(name: str) -> bool:
    """Whether a person's sign-in left a refresh token."""
    stored = _opened(database.scalar(_READ, name=name))
    return stored is not None and stored.refresh is not None


def _good(token: Token | None, now: float, rejected: str | None) -> bool:
    return token is not None and token.access != rejected and token.expires_at - EARLY_S > now


def _lifetime(said: Any, usual_s: float) -> float:
    try:
        lives = float(said)
    except (TypeError, ValueError, OverflowError):
        return usual_s
    if not math.isfinite(lives) or lives <= 0:
        return usual_s
    return min(max(lives, SHORTEST_S), LONGEST_S)


def _opened(sealed: str | None) -> Token | None:
    return None if sealed is None else Token(**json.loads(secrets.decrypt(sealed)))


def _write(opened: Connection, name: str, token: Token) -> None:
    values = {
        "name": name,
        "sealed": secrets.encrypt(json.dumps(asdict(token))),
        "expires": datetime.fromtimestamp(token.expires_at, UTC),
    }
    opened.execute(text(_STORE), values)
