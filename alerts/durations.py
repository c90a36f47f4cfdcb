"""Durations as Prometheus writes them: `90s`, `5m`, `1h30m`, `2d`, `1w`, `500ms`."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {
    "y": timedelta(days=365),
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_PATTERN = re.compile(
    r"(?:(\d{1,4})y)?(?:(\d{1,5})w)?(?:(\d{1,6})d)?(?:(\d{1,7})h)?(?:(\d{1,8})m(?!s))?(?:(\d{1,9})s)?(?:(\d{1,12})ms)?"
)


def parse(text: str) -> timedelta:
    """The span `text` names; `0` needs no unit. Raises ValueError with one sentence."""
    if text == "0":
        return timedelta(0)
    match = _PATTERN.fullmatch(text)
    if not text or match is None:
        shown = text if len(text) <= 40 and text.isprintable() else f"{ascii(text[:40])[1:-1]}…"
        raise ValueError(f'"{shown}" is not a duration; write it as 30s, 5m, 1h30m or 2d.')
    spans = zip(_UNITS.values(), match.groups(), strict=True)
    return sum((unit * int(count) for unit, count in spans if count), timedelta(0))


def spell(span: timedelta) -> str:
    """The shortest text that `parse` reads back as `span` (to the millisecond)."""
    left = span // _UNITS["ms"] * _UNITS["ms"]
    words = []
    for letter, unit in _UNITS.items():
        if letter in ("y", "w") and left % unit:
            continue
        count, left = divmod(left, unit)
        if count:
            words.append(f"{count}{letter}")
    return "".join(words) or "0s"
