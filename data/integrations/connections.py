"""The connections: each vendor's own, and further ones such as a second shop."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from data import database
from data.integrations import credentials
from data.integrations.client import Client, Making, Vendor
from data.integrations.errors import NotConfigured
from data.integrations.registry import VENDORS
from data.integrations.transport import WAIT_CEILING_S
from data.integrations.world import World

_NAME = re.compile(r"[a-z]+(-[a-z0-9]+)*")
_ROW = """
INSERT INTO integration_connections (name, vendor, every_s) VALUES (:name, :vendor, :every_s)
ON CONFLICT (name) DO NOTHING
"""


class Unknown(Exception):
    """No connection has that name; its text is one sentence."""


@dataclass(frozen=True)
class Connection:
    """One connection and how it is steered."""

    name: str
    vendor: Vendor
    paused: bool = False
    every: timedelta | None = None
    requested_at: datetime | None = None
    blocked_until: datetime | None = None
    blocked_reason: str | None = None

    @property
    def title(self) -> str:
        """`Shopify`, `Shopify outlet`."""
        own = self.name.removeprefix(self.vendor.name).replace("-", " ").strip()
        return f"{self.vendor.title} {own}".strip()

    @property
    def stale_after(self) -> timedelta | None:
        """Age from which its data counts as stale: three missed runs."""
        return None if self.every is None else 3 * self.every

    def client(
        self,
        world: World | None = None,
        patience_s: float = WAIT_CEILING_S,
        within_s: float | None = None,
    ) -> Client:
        """Its client. Raises NotConfigured, SecretUnreadable."""
        return self.vendor.make(self.making(world, patience_s, within_s))

    def making(
        self,
        world: World | None = None,
        patience_s: float = WAIT_CEILING_S,
        within_s: float | None = None,
    ) -> Making:
        """What its client is made from."""
        world = world or World()
        until = None if within_s is None else world.now() + within_s
        given = credentials.load(self.name, self.vendor.name)
        return Making(self.name, given, world, patience_s, until)

    def configured(self) -> bool:
        """Whether everything that a client needs is there."""
        try:
            self.client()
        except NotConfigured:
            return False
        return True


def every() -> list[Connection]:
    """All connections, each vendor's own first."""
    rows = {row["name"]: row for row in database.read("SELECT * FROM integration_connections")}
    names = [*VENDORS, *sorted(name for name in rows if name not in VENDORS)]
    return [_made(name, rows.get(name)) for name in names if _vendor_of(name) in VENDORS]


def named(name: str) -> Connection:
    """One connection. Raises Unknown."""
    found = next((each for each in every() if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in every())
        raise Unknown(f"There is no integration {name}; there are {known}.")
    return found


def add(name: str) -> Connection:
    """A further connection, `shopify-outlet`. Raises Unknown for another vendor's name."""
    if not _NAME.fullmatch(name) or _vendor_of(name) not in VENDORS:
        raise Unknown(
            f"{name} is no name of a connection; begin with one of {', '.join(VENDORS)}, then a "
            "hyphen and small letters."
        )
    _ensure(name)
    return named(name)


def delete(name: str) -> None:
    """Forget a further connection with its credentials and cursors; its data stays."""
    credentials.forget(name)
    for table, column in (
        ("integration_cursors", "connection"),
        ("integration_connections", "name"),
    ):
        database.execute(f"DELETE FROM {table} WHERE {column} = :name", name=name)


def pause(name: str, paused: bool = True) -> None:
    """Stop or resume its schedule."""
    _change(name, paused=paused)


def reschedule(name: str, every_s: int) -> None:
    """How often it is synchronised, at least once a minute."""
    _change(name, every_s=max(60, every_s))


def request(name: str) -> None:
    """Synchronise as soon as a worker looks; also lifts a limit's pause."""
    _change(name, requested_at=datetime.now().astimezone(), blocked_until=None)


def block(name: str, until: datetime | None, reason: str | None) -> None:
    """Leave the vendor alone until then."""
    _change(name, blocked_until=until, blocked_reason=reason)


def taken_up(name: str) -> None:
    """A run has begun: its request is met."""
    _change(name, requested_at=None)


def _change(name: str, **values: Any) -> None:
    _ensure(named(name).name)
    changes = ", ".join(f"{column} = :{column}" for column in values)
    database.execute(
        f"UPDATE integration_connections SET {changes} WHERE name = :name", name=name, **values
    )


def _ensure(name: str) -> None:
    vendor = VENDORS[_vendor_of(name)]
    every_s = None if vendor.every is None else int(vendor.every.total_seconds())
    database.execute(_ROW, name=name, vendor=vendor.name, every_s=every_s)


def _vendor_of(name: str) -> str:
    return name.split("-", 1)[0]


def _made(name: str, row: RowMapping | None) -> Connection:
    vendor = VENDORS[_vendor_of(name)]
    if row is None:
        return Connection(name, vendor, every=vendor.every)
    chosen = row["every_s"]
    return Connection(
        name,
        vendor,
        row["paused"],
        timedelta(seconds=chosen) if chosen else vendor.every,
        row["requested_at"],
        row["blocked_until"],
        row["blocked_reason"],
    )
