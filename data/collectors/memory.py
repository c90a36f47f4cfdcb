"""Memory and swap."""

from __future__ import annotations

from data.collectors import kernel
from data.collectors.reading import Rates, Reading


class Memory:
    """In use is what is not available, so that file contents held in memory do not count."""

    name = "memory"

    def __init__(self) -> None:
        self._rates = Rates()

    def read(self, now: float) -> Reading:
        """Bytes and percent; bytes a second to and from swap. Without swap its use is None."""
        told = kernel.memory()
        used = told.total - told.available
        return Reading(
            {
                "memory_pct": 100 * used / told.total,
                "memory_used_bytes": used,
                "memory_available_bytes": told.available,
                "memory_cached_bytes": told.cached,
                "swap_pct": 100 * told.swap_used / told.swap_total if told.swap_total else None,
                "swap_used_bytes": told.swap_used if told.swap_total else None,
                "swap_in_bytes_s": self._rates.per_second("in", told.swapped_in, now),
                "swap_out_bytes_s": self._rates.per_second("out", told.swapped_out, now),
            }
        )
