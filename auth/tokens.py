"""API tokens: shown once, stored hashed, never above their owner, revocable."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from sqlalchemy import RowMapping

from auth import audit, roles
from auth.person import Person
from auth.sessions import digest
from data import database

PREFIX = "sentia_"
LONGEST = timedelta(days=366)
_FRESH_S = 1.0
_NOTE_USE_S = 60.0
_known: dict[bytes, tuple[float, RowMapping | None]] = {}
_noted: dict[bytes, float] = {}


class TokenRefused(Exception):
    """A token that may not be made; its text is one sentence."""


def make(
    owner: Person,
    name: str,
    role: str,
    lasts: timedelta,
    *,
    scopes: Sequence[str] | None = None,
    addresses: Sequence[str] = (),
    from_address: str | None = None,
) -> str:
    """A new token for `scopes` (None: all of its role's) from `addresses` (none: anywhere).

    Returned this once. Raises TokenRefused.
    """
    _require_sound(owner, name, role, lasts, scopes)
    networks = _networks(addresses)
    made = PREFIX + secrets.token_urlsafe(32)
    database.execute(
        _INSERT,
        key=digest(made),
        user_id=owner.id,
        name=name.strip(),
        role=role,
        scopes=None if scopes is None else list(scopes),
        networks=networks or None,
        lasts=lasts,
    )
    limits = {"role": role, "scopes": scopes, "addresses": networks, "days": lasts.days}
    audit.record("token.make", actor=owner, on=name.strip(), address=from_address, detail=limits)
    return made


_INSERT = """
    INSERT INTO api_tokens (token_hash, user_id, name, role, scopes, addresses, expires_at)
    VALUES (:key, :user_id, :name, :role, :scopes, CAST(:networks AS cidr[]), now() + :lasts)
"""


def resolve(token: str | None, address: str | None) -> Person | None:
    """On whose behalf the token speaks, at most one second old; None when it is no good.

    Raises DatabaseUnavailable.
    """
    if not token or not token.startswith(PREFIX) or len(token) > 200:
        return None
    key = digest(token)
    row = _row(key)
    if row is None or not _comes_from(address, row["addresses"]):
        return None
    _note_use(key, address)
    role = min(row["role"], row["owner_role"], key=roles.rank)
    scopes = None if row["scopes"] is None else frozenset(row["scopes"])
    return Person(row["user_id"], row["username"], row["name"], role, None, scopes=scopes)


def listed(user_id: int | None = None) -> Sequence[RowMapping]:
    """Tokens that were not revoked, newest first, of one owner or all."""
    return database.read(
        """
        SELECT t.id, t.name, u.username AS owner, t.role, t.scopes,
               CAST(t.addresses AS text[]) AS addresses, t.made_at, t.expires_at, t.used_at,
               t.used_from, t.expires_at <= now() AS expired
        FROM api_tokens t JOIN users u ON u.id = t.user_id
        WHERE t.revoked_at IS NULL AND (CAST(:user_id AS bigint) IS NULL OR t.user_id = :user_id)
        ORDER BY t.id DESC
        """,
        user_id=user_id,
    )


def revoke(token_id: int, by: Any, address: str | None = None) -> bool:
    """End a token; False when there is no such one."""
    row = database.one(
        "SELECT t.name, u.username, t.role FROM api_tokens t JOIN users u ON u.id = t.user_id"
        " WHERE t.id = :id",
        id=token_id,
    )
    touched = database.execute(
        "UPDATE api_tokens SET revoked_at = now() WHERE id = :id AND revoked_at IS NULL",
        id=token_id,
    )
    _known.clear()
    if touched and row is not None:
        audit.record("token.revoke", actor=by, on=row["name"], address=address,
                     detail={"of": row["username"], "role": [row["role"], None]})  # fmt: skip
    return touched > 0


def revoke_all(user_id: int, username: str, by: Any) -> None:
    """End every token of a person."""
    touched = database.execute(
        "UPDATE api_tokens SET revoked_at = now() WHERE user_id = :id AND revoked_at IS NULL",
        id=user_id,
    )
    _known.clear()
    if touched:
        audit.record("token.revoke", actor=by, on=f"all of {username}")


def _row(key: bytes) -> RowMapping | None:
    cached = _known.get(key)
    if cached is not None and time.monotonic() - cached[0] < _FRESH_S:
        return cached[1]
    asked_at = time.monotonic()
    row = database.one(
        """
        SELECT t.id, t.user_id, t.role, t.scopes, CAST(t.addresses AS text[]) AS addresses,
               u.username, u.name, u.role AS owner_role
        FROM api_tokens t JOIN users u ON u.id = t.user_id
        WHERE t.token_hash = :key AND t.revoked_at IS NULL AND t.expires_at > now()
          AND u.disabled_at IS NULL AND u.deleted_at IS NULL
        """,
        key=key,
    )
    if len(_known) > 10_000:
        _known.clear()
    _known[key] = (asked_at, row)
    return row


def _comes_from(address: str | None, networks: Sequence[str] | None) -> bool:
    if not networks:
        return True
    try:
        here = ip_address(address or "")
    except ValueError:
        return False
    return any(here in ip_network(network) for network in networks)


def _note_use(key: bytes, address: str | None) -> None:
    """Once a minute at most: a busy client must not become a busy table."""
    now = time.monotonic()
    if now - _noted.get(key, -_NOTE_USE_S) < _NOTE_USE_S:
        return
    if len(_noted) > 10_000:
        _noted.clear()
    _noted[key] = now
    database.execute(
        "UPDATE api_tokens SET used_at = now(), used_from = :address WHERE token_hash = :key",
        key=key,
        address=address,
    )


def _require_sound(
    owner: Person, name: str, role: str, lasts: timedelta, scopes: Sequence[str] | None
) -> None:
    if not name.strip() or len(name) > 100:
        raise TokenRefused("Give the token a name of at most 100 characters.")
    if role not in roles.ROLES or roles.rank(role) > roles.rank(owner.role):
        raise TokenRefused(f"A token of yours can have your role, {owner.role}, or a lower one.")
    if not timedelta(0) < lasts <= LONGEST:
        raise TokenRefused("A token lasts from a moment to 366 days; choose a time between.")
    unknown = set(scopes or ()) - roles.ACTIONS.keys()
    if unknown:
        raise TokenRefused(f"There is no resource {sorted(unknown)[0]!r} to give a token.")


def _networks(addresses: Sequence[str]) -> list[str]:
    try:
        return [str(ip_network(part.strip(), strict=False)) for part in addresses if part.strip()]
    except ValueError:
        raise TokenRefused(
            "An address cannot be read; write 192.0.2.7 or a network such as 192.0.2.0/24."
        ) from None
