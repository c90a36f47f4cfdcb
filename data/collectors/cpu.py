"""CPU in total and per core, load, switches, processes, uptime."""

from __future__ import annotations

import os
import time

import psutil

from data.collectors import kernel
from data.collectors.reading import Rates, Reading

# Counting processes lists all of /proc, which costs more than everything else here together.
_COUNT_AGAIN_S = 5.0


class Cpu:
    """Shares of CPU time between two reads, as psutil.cpu_percent counts them."""

    name = "cpu"

    def __init__(self) -> None:
        self._before: list[dict[str, float]] = []
        self._rates = Rates()
        self._booted = psutil.boot_time()
        self._processes = 0.0
        self._counted_at = -_COUNT_AGAIN_S

    def read(self, now: float) -> Reading:
        """The first read knows no shares; neither does one after cores came or went."""
        counters = kernel.cpu()
        cores = [_times(core) for core in counters.cores]
        before, self._before = self._before, cores
        reading = Reading(self._others(counters, now))
        if len(before) != len(cores):
            return reading
        changes = [_change(old, new) for old, new in zip(before, cores, strict=True)]
        whole = {mode: sum(change[mode] for change in changes) for mode in changes[0]}
        reading.values |= _shares(whole)
        busy = [_share(change, "busy") for change in changes]
        reading.cores = None if None in busy else [share for share in busy if share is not None]
        return reading

    def _others(self, counters: kernel.CpuCounters, now: float) -> dict[str, float | None]:
        load = os.getloadavg()
        if now - self._counted_at >= _COUNT_AGAIN_S - 0.5:
            self._processes = float(len(psutil.pids()))
            self._counted_at = now
        return {
            "load1": load[0],
            "load5": load[1],
            "load15": load[2],
            "context_switches_s": self._rates.per_second("switches", counters.switches, now),
            "interrupts_s": self._rates.per_second("interrupts", counters.interrupts, now),
            "processes": self._processes,
            "uptime_s": time.time() - self._booted,
        }


def _times(times: dict[str, float]) -> dict[str, float]:
    """Seconds by mode. Linux counts guests within `user` already; waiting for disks is idle."""
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
