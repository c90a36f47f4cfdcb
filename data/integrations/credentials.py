"""What a connection signs in with: the environment first, then what was typed and stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr
from sqlalchemy import text

from config.settings import settings
from data import database, secrets
from data.integrations import tokens

# What the settings say for every connection of a vendor, not only for the one that bears its name.
SHARED = frozenset({"base_url", "token_url", "authorize_url", "region", "model"})
SECRET = frozenset({"client_secret", "access_token", "refresh_token", "api_key"})

_STORE = """
INSERT INTO integration_credentials (name, sealed, entered_by) VALUES (:name, :sealed, :by)
ON CONFLICT (name) DO UPDATE SET
    sealed = excluded.sealed, entered_by = excluded.entered_by, entered_at = now()
"""


@dataclass(frozen=True)
class Credentials:
    """Values by field name (`client_id`); `fixed` are those that the environment decides."""

    values: Mapping[str, str]
    fixed: frozenset[str]

    def get(self, name: str) -> str:
        """The value, empty when there is none."""
        return self.values.get(name, "")

    def secrets(self) -> tuple[str, ...]:
        """Every value that must not be shown."""
        return tuple(v for k, v in self.values.items() if k in SECRET and v)

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self.values))})"


def load(connection: str, vendor: str) -> Credentials:
    """Stored values with the environment's over them. Raises SecretUnreadable.

    The environment speaks for the connection that bears the vendor's own name.
    """
    values = _stored(connection)
    fixed = _from_environment(vendor) if connection == vendor else {}
    addresses = _defaults(vendor)
    return Credentials(addresses | values | fixed, frozenset(fixed))


def save(connection: str, entered: Mapping[str, str], by: str) -> None:
    """Store what a person typed, encrypted; an empty value keeps the stored one.

    Tokens that were got with other credentials are dropped.
    """
    before = _stored(connection)
    merged = before | {k: v.strip() for k, v in entered.items() if v.strip()}
    with database.transaction() as opened:
        opened.execute(
            text(_STORE),
            {"name": connection, "sealed": secrets.encrypt(json.dumps(merged)), "by": by},
        )
    if {k: v for k, v in merged.items() if k != "tenant_id"} != {
        k: v for k, v in before.items() if k != "tenant_id"
    }:
        tokens.forget(connection)


def entered(connection: str) -> frozenset[str]:
    """Names of what is stored, never the values. Raises SecretUnreadable."""
    return frozenset(_stored(connection))


def forget(connection: str) -> None:
    """Remove stored credentials and tokens."""
    database.execute("DELETE FROM integration_credentials WHERE name = :name", name=connection)
    tokens.forget(connection)


def _stored(connection: str) -> dict[str, str]:
    sealed = database.scalar(
        "SELECT sealed FROM integration_credentials WHERE name = :name", name=connection
    )
    return {} if sealed is None else dict(json.loads(secrets.decrypt(sealed)))


def _from_environment(vendor: str) -> dict[str, str]:
    """Settings of that vendor that were given, without its prefix."""
    chosen = settings()
    given = {n for n in chosen.model_fields_set if n.startswith(f"{vendor}_")}
    return {n.removeprefix(f"{vendor}_"): _plain(getattr(chosen, n)) for n in given}


def _defaults(vendor: str) -> dict[str, str]:
    """The vendor's addresses, region and model, as set or by default."""
    chosen = settings()
    every = {name: getattr(chosen, f"{vendor}_{name}", None) for name in SHARED}
    return {name: _plain(value) for name, value in every.items() if value not in (None, "")}


def _plain(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return "" if value is None else str(value)
