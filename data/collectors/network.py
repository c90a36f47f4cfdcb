"""Traffic of this host's interfaces, without the loopback."""

from __future__ import annotations

import psutil

from data.collectors.disks import total
from data.collectors.reading import Rates, Reading

_LOOPBACKS = ("lo", "lo0")


class Network:
    """Sums over interfaces, and bytes of each as parts."""

    name = "network"

    def __init__(self) -> None:
        self._rates = Rates()

    def read(self, now: float) -> Reading:
        """An interface that comes or goes is no reset of the others."""
        parts: dict[str, float | None] = {}
        for name, found in (psutil.net_io_counters(pernic=True, nowrap=False) or {}).items():
            if name in _LOOPBACKS:
                continue
            for figure, counter in (
                ("receive_bytes_s", found.bytes_recv),
                ("send_bytes_s", found.bytes_sent),
                ("receive_packets_s", found.packets_recv),
                ("send_packets_s", found.packets_sent),
                ("errors_s", found.errin + found.errout),
                ("drops_s", found.dropin + found.dropout),
            ):
                key = f"network.{name}.{figure}"
                parts[key] = self._rates.per_second(key, counter, now)
        self._rates.keep_only(set(parts))
        figures = (
            "receive_bytes_s", "send_bytes_s", "receive_packets_s", "send_packets_s",
            "errors_s", "drops_s",
        )  # fmt: skip
        return Reading(
            {f"network_{figure}": total(parts, f".{figure}") for figure in figures},
            parts={key: value for key, value in parts.items() if key.endswith("bytes_s")},
        )
