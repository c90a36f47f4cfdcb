"""Space of file systems, and reading and writing of whole disks."""

from __future__ import annotations

import contextlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import psutil

from data.collectors.reading import Rates, Reading

_FIND_AGAIN_S = 60.0
_NOT_DISKS = ("loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd")


class DiskSpace:
    """Every local file system once, however often it is mounted."""

    name = "disk space"

    def __init__(self) -> None:
        self._mounts: dict[str, str] = {}
        self._found_at = -_FIND_AGAIN_S

    def read(self, now: float) -> Reading:
        """A file system that cannot be read is left out; mounts are looked for each minute."""
        if now - self._found_at >= _FIND_AGAIN_S:
            self._mounts = _mounts()
            self._found_at = now
        found = {}
        for mount in self._mounts.values():
            with contextlib.suppress(OSError):
                found[mount] = psutil.disk_usage(mount)
        usable = {mount: usage for mount, usage in found.items() if usage.total > 0}
        if not usable:
            return Reading()
        return Reading(
            {
                "disk_pct": max(usage.percent for usage in usable.values()),
                "disk_used_bytes": sum(usage.used for usage in usable.values()),
                "disk_free_bytes": sum(usage.free for usage in usable.values()),
            },
            parts={f"disk.{mount}.used_pct": usage.percent for mount, usage in usable.items()},
        )


def _mounts() -> dict[str, str]:
    """Device → the shortest folder it is mounted on, with the root, which may have no device."""
    made = {"": "/"}
    root = _device_number("/")
    for partition in psutil.disk_partitions(all=False):
        # A file bind-mounted into a container has a device too; it is not a place of its own.
        if not Path(partition.mountpoint).is_dir() or _device_number(partition.mountpoint) == root:
            continue
        before = made.get(partition.device)
        if before is None or len(partition.mountpoint) < len(before):
            made[partition.device] = partition.mountpoint
    return made


def _device_number(folder: str) -> int | None:
    try:
        return os.stat(folder).st_dev  # noqa: PTH116 - Path.stat costs twice as much
    except OSError:
        return None


class DiskActivity:
    """Counters of whole disks; partitions and stacked devices would count twice."""

    name = "disk activity"

    def __init__(self) -> None:
        self._rates = Rates()

    def read(self, now: float) -> Reading:
        """Sums over disks, and each disk's own as parts. A disk that comes or goes is no reset."""
        counters = psutil.disk_io_counters(perdisk=True, nowrap=False) or {}
        disks = {name: found for name, found in counters.items() if _whole(name)}
        parts: dict[str, float | None] = {}
        kept = set()
        for name, found in disks.items():
            for figure, counter in _figures(found).items():
                key = f"io.{name}.{figure}"
                kept.add(key)
                parts[key] = self._rates.per_second(key, counter, now)
        self._rates.keep_only(kept)
        return Reading(_together(parts), parts=_shown(parts))


@lru_cache(maxsize=256)
def _whole(name: str) -> bool:
    if name.startswith(_NOT_DISKS):
        return False
    return not Path("/sys/block").is_dir() or Path("/sys/block", name).exists()


def _figures(found: Any) -> dict[str, float]:
    return {
        "read_bytes_s": found.read_bytes,
        "write_bytes_s": found.write_bytes,
        "reads_s": found.read_count,
        "writes_s": found.write_count,
        # Milliseconds of a second that the disk was busy, so a tenth of it is percent.
        "busy_pct": getattr(found, "busy_time", 0) / 10,
    }


def _together(parts: dict[str, float | None]) -> dict[str, float | None]:
    busy = [
        value for key, value in parts.items() if key.endswith(".busy_pct") and value is not None
    ]
    return {
        "disk_read_bytes_s": total(parts, ".read_bytes_s"),
        "disk_write_bytes_s": total(parts, ".write_bytes_s"),
        "disk_reads_s": total(parts, ".reads_s"),
        "disk_writes_s": total(parts, ".writes_s"),
        "disk_busy_pct": min(100.0, max(busy)) if busy else None,
    }


def _shown(parts: dict[str, float | None]) -> dict[str, float | None]:
    kept = (".read_bytes_s", ".write_bytes_s", ".busy_pct")
    return {key: value for key, value in parts.items() if key.endswith(kept)}


def total(parts: dict[str, float | None], ending: str) -> float | None:
    """Sum of the known parts of that ending; None when none is known."""
    known = [value for key, value in parts.items() if key.endswith(ending) and value is not None]
    return sum(known) if known else None
