"""Figures of this host and this process, read from the kernel at the moment of asking."""

from __future__ import annotations

from typing import Any

import psutil

from config.settings import settings

_process = psutil.Process()
psutil.cpu_percent()
_process.cpu_percent()


def now() -> dict[str, Any]:
    """CPU in percent since the last asking, memory and disk in bytes and percent."""
    memory = psutil.virtual_memory()
    disk = psutil.disk_usage(str(_nearest_existing()))
    return {
        "cpu_percent": psutil.cpu_percent(),
        "cpu_count": psutil.cpu_count(),
        "load": list(psutil.getloadavg()),
        "memory_percent": memory.percent,
        "memory_available_bytes": memory.available,
        "disk_percent": disk.percent,
        "disk_free_bytes": disk.free,
        "process_cpu_percent": _process.cpu_percent(),
        "process_rss_bytes": _process.memory_info().rss,
        "process_threads": _process.num_threads(),
    }


def _nearest_existing() -> Any:
    """SENTIA_HOME, or the first folder above it that exists: an external database needs none."""
    folder = settings().sentia_home
    return next(path for path in (folder, *folder.parents) if path.exists())
