"""Follows a version that may change many times a second, such as while a shop is loaded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class _Shown:
    version: str
    turns: float
    at: float


class Steady:
    """Lets a version through at once, but after `burst` changes in series only each `every_s`.

    Whoever makes one change sees it at once; whoever looks on while thousands arrive does not pay
    for each of them.
    """

    def __init__(
        self, burst: int = 3, every_s: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._every_s = every_s
        self._clock = clock
        self._lock = threading.Lock()
        self._shown: dict[str, _Shown] = {}

    def __call__(self, name: str, version: str) -> str:
        """The version of `name` to show now: the given one, or for a while the one before."""
        now = self._clock()
        with self._lock:
            shown = self._shown.setdefault(name, _Shown(version, self._burst, now))
            earned = (now - shown.at) / self._every_s
            shown.turns, shown.at = min(self._burst, shown.turns + earned), now
            if version != shown.version and shown.turns >= 1:
                shown.version, shown.turns = version, shown.turns - 1
            return shown.version
