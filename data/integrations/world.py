"""Clock, sleep and chance, passed in so that a test decides them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class World:
    """`now` is epoch seconds; `chance` a number in [0, 1)."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def moment(self) -> datetime:
        """`now` as an aware UTC instant."""
        return datetime.fromtimestamp(self.now(), UTC)
