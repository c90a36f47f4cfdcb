"""What every vendor's client offers to the synchronisation, the probe and the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from data.integrations.credentials import Credentials
from data.integrations.records import Aggregate, Page
from data.integrations.transport import Identity, Judge, Signer, Transport
from data.integrations.world import World


@dataclass(frozen=True)
class Stream:
    """A walk through one kind of record: from a position (None: from the start) page by page.

    What is `optional` may be missing from an app's permissions: then it is noted, and the run is
    no failure. Pages of `together` records are stored in one transaction while the vendor is quick.
    """

    name: str
    title: str
    pages: Callable[[Mapping[str, Any] | None], Iterator[Page]]
    optional: bool = False
    together: int = 0


class Client(Protocol):
    """One connection to one vendor."""

    def probe(self) -> str:
        """A live read-only call; one sentence about what answered. Raises VendorError."""

    def streams(self) -> Sequence[Stream]:
        """What is synchronised, in order."""

    def since(self, at: datetime) -> Sequence[Stream]:
        """Streams of their own names that read again what changed since then."""

    def aggregates(self, start: date, end: date) -> Iterator[Aggregate]:
        """The vendor's own totals from `start` to the day before `end`."""


@dataclass(frozen=True)
class Making:
    """What a client is made from. No call goes on after `until` (epoch s)."""

    connection: str
    credentials: Credentials
    world: World
    patience_s: float
    until: float | None = None

    def transport(
        self, identity: Identity, judge: Judge, signer: Signer | None = None
    ) -> Transport:
        """A transport with this making's clock and patience.

        One without a signer fetches tokens, within a call that the breaker has let through.
        """
        return Transport(
            identity,
            judge,
            self.world,
            signer=signer,
            patience_s=self.patience_s,
            until=self.until,
            guarded=signer is not None,
        )


@dataclass(frozen=True)
class Input:
    """A credential that the wizard asks for; `setting` is the environment variable over it."""

    name: str
    label: str
    help: str
    secret: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Vendor:
    """One registry line. `make` raises NotConfigured without the credentials it needs."""

    name: str
    title: str
    every: timedelta | None
    inputs: tuple[Input, ...]
    steps: tuple[str, ...]
    make: Callable[[Making], Client]
