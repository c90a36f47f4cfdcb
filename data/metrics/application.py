"""What one web process counted between two ticks, and how it is written down.

The process calls `WINDOW.request(…)` and `WINDOW.run(…)` as things happen, and each tick
`write_application(instance, None, WINDOW.take(…))`.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from data.metrics.histogram import Histogram

Kind = Literal["request", "page", "refresh"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass
class Durations:
    """Durations of one route or page, and how many of them ended in an error."""

    histogram: Histogram = field(default_factory=Histogram)
    errors: int = 0


@dataclass
class Snapshot:
    """covered_s: how long this was counted for. counted: by kind, then by route or page.

    open_pages, pool_in_use, pool_size: as of the tick; None when not known.
    """

    covered_s: float
    counted: dict[Kind, dict[str, Durations]]
    open_pages: int | None = None
    pool_in_use: int | None = None
    pool_size: int | None = None


def _nothing() -> dict[Kind, dict[str, Durations]]:
    return {kind: {} for kind in KINDS}


class Window:
    """Counts from several threads what happens between two ticks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._counted = _nothing()

    def request(self, route: str, seconds: float, failed: bool) -> None:
        """Count an answered request; `failed` when the status was 500 or above."""
        self._record("request", route, seconds, failed)

    def run(
        self, kind: Literal["page", "refresh"], slug: str, seconds: float, failed: bool
    ) -> None:
        """Count one run of the script for a page, or of a part of it that draws itself again."""
        self._record(kind, slug, seconds, failed)

    def _record(self, kind: Kind, name: str, seconds: float, failed: bool) -> None:
        with self._lock:
            durations = self._counted[kind].setdefault(name, Durations())
            durations.histogram.record(seconds)
            durations.errors += failed

    def take(
        self,
        open_pages: int | None = None,
        pool_in_use: int | None = None,
        pool_size: int | None = None,
    ) -> Snapshot:
        """What was counted since the last take."""
        with self._lock:
            counted, self._counted = self._counted, _nothing()
            began, self._began = self._began, time.monotonic()
            covered_s = self._began - began
        return Snapshot(covered_s, counted, open_pages, pool_in_use, pool_size)

    def put_back(self, snapshot: Snapshot) -> None:
        """Count again what could not be written, so that an outage loses no request."""
        with self._lock:
            self._began -= snapshot.covered_s
            for kind, by_name in snapshot.counted.items():
                for name, found in by_name.items():
                    durations = self._counted[kind].setdefault(name, Durations())
                    durations.histogram.merge(found.histogram)
                    durations.errors += found.errors


WINDOW = Window()


def write_application(instance: str, at: datetime | None, snapshot: Snapshot) -> None:
    """Store a tick of this web process, its sign of life, and roll-ups of closed steps.

    at: None takes the database's clock, on the grid of SAMPLE_INTERVAL. Raises
    DatabaseUnavailable; the caller then calls WINDOW.put_back(snapshot).
    """
    from data.metrics import application_store

    application_store.write(instance, at, snapshot)
