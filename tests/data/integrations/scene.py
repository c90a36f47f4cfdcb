"""A clock that moves only when told, and what clients are made from in these tests."""

from __future__ import annotations

from dataclasses import dataclass, field

from data.integrations.client import Making
from data.integrations.credentials import Credentials
from data.integrations.world import World

START = 1_790_000_000.0


@dataclass
class Time:
    """Sleeping moves the clock and is written down."""

    at: float = START
    slept: list[float] = field(default_factory=list)
    chance: float = 0.5

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    @property
    def world(self) -> World:
        return World(lambda: self.at, self.sleep, lambda: self.chance)


def making(connection: str, time: Time, patience_s: float = 240.0, **values: str) -> Making:
    """Credentials of one connection, typed in."""
    return Making(connection, Credentials(values, frozenset()), time.world, patience_s)
