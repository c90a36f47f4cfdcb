"""What a collector gives, and how counters become rates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass
class Reading:
    """values: by name of config/metrics.py; cores: percent of each core; parts: by dotted name."""

    values: dict[str, float | None] = field(default_factory=dict)
    cores: list[float] | None = None
    parts: dict[str, float | None] = field(default_factory=dict)


class Collector(Protocol):
    """Reads one side; keeps what it needs to tell rates the next time."""

    name: str

    def read(self, now: float) -> Reading:
        """The figures at `now`, seconds of a clock that never goes back. May raise anything."""
        ...


class Rates:
    """Per-second rates of counters that only grow."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, float]] = {}

    def per_second(self, name: str, counter: float, now: float) -> float | None:
        """Rise a second since the last call; None the first time and after a reset."""
        rise = self.rise(name, counter, now)
        return None if rise is None else rise[0] / rise[1]

    def rise(self, name: str, counter: float, now: float) -> tuple[float, float] | None:
        """(rise, seconds) since the last call; None the first time and after a reset."""
        before = self._seen.get(name)
        self._seen[name] = (counter, now)
        if before is None or counter < before[0] or now <= before[1]:
            return None
        return counter - before[0], now - before[1]

    def keep_only(self, names: set[str]) -> None:
        """Forget counters that are gone, so that one that comes back starts anew."""
        self._seen = {name: seen for name, seen in self._seen.items() if name in names}
