"""What the kernel counts, read the cheapest way: /proc by hand on Linux, psutil elsewhere.

Read each second, psutil's own parsing costs three times as much as everything else in a sample.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import lru_cache

import psutil

ON_LINUX = sys.platform == "linux"
_MODES = (
    "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice",
)  # fmt: skip
_LONGEST = 1 << 20


@dataclass(frozen=True)
class CpuCounters:
    """cores: seconds by mode of each core. switches, interrupts: since the start of the machine."""

    cores: list[dict[str, float]]
    switches: float
    interrupts: float


@dataclass(frozen=True)
class MemoryFigures:
    """Bytes; cached is None where the system does not tell."""

    total: float
    available: float
    cached: float | None
    swap_total: float
    swap_used: float
    swapped_in: float
    swapped_out: float


@dataclass(frozen=True)
class ProcessFigures:
    """cpu_s: seconds of CPU since it began; began: tells a process from a later one of its pid."""

    cpu_s: float
    memory_bytes: float
    threads: float
    began: float


def cpu() -> CpuCounters:
    """Counters of every core."""
    return _linux_cpu() if ON_LINUX else _portable_cpu()


def memory() -> MemoryFigures:
    """Memory and swap."""
    return _linux_memory() if ON_LINUX else _portable_memory()


def process(pid: int) -> ProcessFigures | None:
    """One process; None when there is no such process, or it has ended and is not yet buried."""
    return _linux_process(pid) if ON_LINUX else _portable_process(pid)


@lru_cache
def _open(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _read(path: str) -> bytes:
    """The file as it stands; it stays open."""
    return os.pread(_open(path), _LONGEST, 0)


def _linux_cpu() -> CpuCounters:
    ticks = os.sysconf("SC_CLK_TCK")
    cores = []
    switches = interrupts = 0.0
    for line in _read("/proc/stat").splitlines():
        if line.startswith(b"cpu") and line[3:4].isdigit():
            counters = line.split()[1 : len(_MODES) + 1]
            cores.append({m: int(n) / ticks for m, n in zip(_MODES, counters, strict=False)})
        elif line.startswith(b"ctxt "):
            switches = float(line[5:])
        elif line.startswith(b"intr "):
            interrupts = float(line.split(b" ", 2)[1])
    return CpuCounters(cores, switches, interrupts)


def _portable_cpu() -> CpuCounters:
    stats = psutil.cpu_stats()
    cores = [core._asdict() for core in psutil.cpu_times(percpu=True)]
    return CpuCounters(cores, stats.ctx_switches, stats.interrupts)


def _linux_memory() -> MemoryFigures:
    told = _table("/proc/meminfo")
    moved = _table("/proc/vmstat")
    page = os.sysconf("SC_PAGE_SIZE")
    cached = told[b"Cached"] + told.get(b"SReclaimable", 0)
    return MemoryFigures(
        total=1024 * told[b"MemTotal"],
        available=1024 * told[b"MemAvailable"],
        cached=1024 * cached,
        swap_total=1024 * told[b"SwapTotal"],
        swap_used=1024 * (told[b"SwapTotal"] - told[b"SwapFree"]),
        swapped_in=page * moved.get(b"pswpin", 0),
        swapped_out=page * moved.get(b"pswpout", 0),
    )


_WANTED = (
    b"MemTotal", b"MemAvailable", b"Cached", b"SReclaimable", b"SwapTotal", b"SwapFree",
    b"pswpin", b"pswpout",
)  # fmt: skip


def _table(path: str) -> dict[bytes, int]:
    """`Name: 123 kB` or `name 123` lines, those that are wanted."""
    found = {}
    for line in _read(path).splitlines():
        if line.startswith(_WANTED):
            name, number = line.split()[:2]
            found[name.rstrip(b":")] = int(number)
    return found


def _portable_memory() -> MemoryFigures:
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return MemoryFigures(
        memory.total, memory.available, getattr(memory, "cached", None),
        swap.total, swap.used, swap.sin, swap.sout,
    )  # fmt: skip


def _linux_process(pid: int) -> ProcessFigures | None:
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:  # noqa: PTH123 - each second
            told = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name, in parentheses, may hold anything; the fields behind it are numbered from 3.
    fields = told[told.rindex(b")") + 2 :].split()
    if fields[0] in (b"Z", b"X"):
        return None
    ticks = os.sysconf("SC_CLK_TCK")
    return ProcessFigures(
        cpu_s=(int(fields[11]) + int(fields[12])) / ticks,
        memory_bytes=int(fields[21]) * os.sysconf("SC_PAGE_SIZE"),
        threads=float(fields[17]),
        began=int(fields[19]) / ticks,
    )


def _portable_process(pid: int) -> ProcessFigures | None:
    try:
        found = psutil.Process(pid)
        with found.oneshot():
            times = found.cpu_times()
            return ProcessFigures(
                times.user + times.system,
                found.memory_info().rss,
                found.num_threads(),
                found.create_time(),
            )
    except psutil.Error:
        return None
