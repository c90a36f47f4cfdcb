"""Rows of the report: what was measured, the goal, the reference beside it."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One line. `met` is None where there is no goal to meet."""

    what: str
    measured: str
    reference: str = ""
    goal: str = ""
    met: bool | None = None


def table(rows: list[Row]) -> str:
    """Markdown, aligned so that it reads on a terminal too."""
    lines = [("what", "measured", "reference", "goal", "met")]
    lines += [(r.what, r.measured, r.reference, r.goal, _word(r.met)) for r in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    made = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
    made.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(made)


def _word(met: bool | None) -> str:
    return "" if met is None else "yes" if met else "no"


def machine() -> str:
    """What it ran on."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}"
    )


def today() -> str:
    """The day of the run."""
    return datetime.now(UTC).date().isoformat()
