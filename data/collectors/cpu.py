"""CPU in total and per core, load, switches, processes, uptime."""

from __future__ import annotations

import os
import time
from typing import Any

import psutil

from data.collectors.reading import Rates, Reading


class Cpu:
    """Shares of CPU time between two reads, as psutil.cpu_percent counts them."""

    name = "cpu"

    def __init__(self) -> None:
        self._before: list[dict[str, float]] = []
        self._rates = Rates()
        self._booted = psutil.boot_time()

    def read(self, now: float) -> Reading:
        """The first read knows no shares; neither does one after cores came or went."""
        cores = [_times(core) for core in psutil.cpu_times(percpu=True)]
        before, self._before = self._before, cores
        reading = Reading(self._counters(now))
        if len(before) != len(cores):
            return reading
        changes = [_change(old, new) for old, new in zip(before, cores, strict=True)]
        whole = {mode: sum(change[mode] for change in changes) for mode in changes[0]}
        reading.values |= _shares(whole)
        busy = [_share(change, "busy") for change in changes]
        reading.cores = None if None in busy else [share for share in busy if share is not None]
        return reading

    def _counters(self, now: float) -> dict[str, float | None]:
        stats = psutil.cpu_stats()
        load = os.getloadavg()
        return {
            "load1": load[0],
            "load5": load[1],
            "load15": load[2],
            "context_switches_s": self._rates.per_second("switches", stats.ctx_switches, now),
            "interrupts_s": self._rates.per_second("interrupts", stats.interrupts, now),
            "processes": float(len(psutil.pids())),
            "uptime_s": time.time() - self._booted,
        }


def _times(core: Any) -> dict[str, float]:
    """Seconds by mode. Linux counts guests within `user` already; waiting for disks is idle."""
    times = core._asdict()
    guests = times.get("guest", 0.0) + times.get("guest_nice", 0.0)
    idle = times["idle"] + times.get("iowait", 0.0)
    total = sum(times.values()) - guests
    return {
        "total": total,
        "busy": total - idle,
        "user": times["user"] + times.get("nice", 0.0),
        "system": times["system"] + times.get("irq", 0.0) + times.get("softirq", 0.0),
        "iowait": times.get("iowait", 0.0),
        "steal": times.get("steal", 0.0),
    }


def _change(old: dict[str, float], new: dict[str, float]) -> dict[str, float]:
    return {mode: new[mode] - old[mode] for mode in new}


def _shares(change: dict[str, float]) -> dict[str, float | None]:
    return {
        "cpu_pct": _share(change, "busy"),
        "cpu_user_pct": _share(change, "user"),
        "cpu_system_pct": _share(change, "system"),
        "cpu_iowait_pct": _share(change, "iowait"),
        "cpu_steal_pct": _share(change, "steal"),
    }


def _share(change: dict[str, float], mode: str) -> float | None:
    """Percent of the time that passed; None when none did or the counters went back."""
    if change["total"] <= 0:
        return None
    return min(100.0, max(0.0, 100 * change[mode] / change["total"]))
