"""Memory and swap."""

from __future__ import annotations

import psutil

from data.collectors.reading import Rates, Reading


class Memory:
    """In use is what is not available, so that file contents held in memory do not count."""

    name = "memory"

    def __init__(self) -> None:
        self._rates = Rates()

    def read(self, now: float) -> Reading:
        """Bytes, percent, and bytes a second moved to and from swap."""
        memory = psutil.virtual_memory()
        swap = psutil.swap_memory()
        return Reading(
            {
                "memory_pct": memory.percent,
                "memory_used_bytes": memory.total - memory.available,
                "memory_available_bytes": memory.available,
                "memory_cached_bytes": getattr(memory, "cached", None),
                "swap_pct": swap.percent if swap.total else None,
                "swap_used_bytes": swap.used if swap.total else None,
                "swap_in_bytes_s": self._rates.per_second("in", swap.sin, now),
                "swap_out_bytes_s": self._rates.per_second("out", swap.sout, now),
            }
        )
