"""How a figure reads: one place for units, compact numbers, money and ages.

Units: count, money (company currency), percent (0–100), share (0–1), ratio, days, months, hours,
minutes, seconds, milliseconds, bytes, bytes_per_second, per_second; any other word is shown as it
is. The KPI catalogue's own ("currency", "%", "d", "1/s" …) are understood too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta

from data import company

NO_DATA = "–"
_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥", "CNY": "CN¥", "INR": "₹", "CHF": "CHF "}
_ALIASES = {
    "currency": "money",
    "%": "percent",
    "d": "days",
    "h": "hours",
    "min": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "bytes/s": "bytes_per_second",
    "1/s": "per_second",
    "x": "ratio",
    "×": "ratio",
}
# Counted things need no word behind the figure: the title says what they are.
_BARE = {
    "count",
    "number",
    "money",
    "percent",
    "share",
    "seconds",
    "bytes",
    "orders",
    "products",
    "batches",
    "units",
    "users",
    "sessions",
    "connections",
    "processes",
    "",
}
# So few of these that a percentage of them says nothing.
_FEW = {"products", "batches"}
_SUFFIX = {
    "days": " d",
    "months": " mo",
    "hours": " h",
    "minutes": " min",
    "ratio": "×",
    "per_second": "/s",
}


def text(value: float | None, unit: str = "count", compact: bool = True) -> str:
    """`value` as people read it; a dash when it is missing. `percent` is 0–100, `share` 0–1."""
    if missing(value):
        return NO_DATA
    assert value is not None
    known = canonical(unit)
    special = _SPECIAL.get(known)
    if special is not None:
        return special(float(value), compact)
    return number(value, compact) + suffix(known)


def canonical(unit: str) -> str:
    """The unit under its name here; the KPI catalogue writes some as people do."""
    return _ALIASES.get(unit, unit)


def suffix(unit: str) -> str:
    """What stands behind a plain number of that unit; a word of its own stands as it is."""
    known = canonical(unit)
    if known in _SUFFIX:
        return _SUFFIX[known]
    return "" if known in _BARE else f" {known}"


def sign(currency: str) -> str:
    """What stands before an amount in that currency."""
    return _SIGNS.get(currency, currency + " ")


def missing(value: float | None) -> bool:
    """Whether there is no figure: None, NaN or infinite."""
    return value is None or not math.isfinite(value)


def number(value: float, compact: bool = True) -> str:
    """12 · 3.4 · 1,234 · 12.3k · 4.56M; whole numbers stay whole."""
    size = abs(value)
    if compact and size >= 9_999.5:
        return _scaled(value)
    if size >= 999.5 or float(value).is_integer():
        return f"{value:,.0f}".replace("-", "−")
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    return _trimmed(f"{value:,.{digits}f}").replace("-", "−")


def money(value: float, compact: bool = True, currency: str | None = None) -> str:
    """Company currency with its sign before the figure: £12.3k, −£40.00."""
    before = sign(currency or company.currency())
    size = abs(value)
    figure = _scaled(size) if compact and size >= 9_999.5 else f"{size:,.2f}"
    if compact and 999.5 <= size < 9_999.5:
        figure = f"{size:,.0f}"
    return ("−" if value < 0 and figure.strip("0.,") else "") + before + figure


def seconds(value: float, compact: bool = True) -> str:
    """120 ms · 1.8 s · 4 min · 3.2 h."""
    size = abs(value)
    if size < 1:
        return f"{number(value * 1000)} ms"
    if size < 120:
        return f"{number(value)} s"
    return f"{number(value / 60)} min" if size < 7200 else f"{number(value / 3600)} h"


def size(value: float, compact: bool = True) -> str:
    """Bytes in steps of 1024: 812 B, 1.4 GiB."""
    names = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
    step = 0
    while abs(value) >= 1023.5 and step < len(names) - 1:
        value, step = value / 1024, step + 1
    return f"{number(value)} {names[step]}"


def age(span: timedelta) -> str:
    """12 s · 4 min · 3 h · 2 d."""
    whole = max(0, int(span.total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if whole >= 2 * length or (unit == "min" and whole >= 60):
            return f"{whole // length} {unit}"
    return f"{whole} s"


def counted(count: int, what: str) -> str:
    """`what` opens with a plural: “3 lines without a cost”, but “1 line without a cost”."""
    first, _, rest = what.partition(" ")
    noun = first.removesuffix("s") if count == 1 else first
    return f"{count:,} {noun} {rest}".rstrip()


def change(value: float | None, before: float | None, unit: str = "count") -> float | None:
    """Relative change; points for percents and shares; a difference for a handful of things.

    None when undefined.
    """
    if missing(value) or missing(before):
        return None
    assert value is not None and before is not None
    if canonical(unit) in ("percent", "share"):
        return (value - before) * (100 if unit == "share" else 1)
    if canonical(unit) in _FEW:
        return value - before
    return None if before == 0 else (value - before) / abs(before) * 100


def change_text(delta: float | None, unit: str = "count") -> str:
    """+4.2 %, −1.3 pp, or +2 of things that are few; a dash when undefined."""
    if delta is None:
        return NO_DATA
    if canonical(unit) in _FEW:
        return ("+" if delta > 0 else "" if delta else "±") + number(delta)
    mark = "pp" if canonical(unit) in ("percent", "share") else "%"
    rounded = f"{abs(delta):,.1f}" if abs(delta) < 99.95 else f"{abs(delta):,.0f}"
    direction = "±" if not rounded.strip("0.,") else "+" if delta > 0 else "−"
    return f"{direction}{rounded} {mark}"


def _percent(value: float, compact: bool = True) -> str:
    return f"{_trimmed(f'{value:.1f}')} %".replace("-", "−")


_SPECIAL: dict[str, Callable[[float, bool], str]] = {
    "money": money,
    "percent": _percent,
    "share": lambda value, compact: _percent(value * 100),
    "seconds": seconds,
    "milliseconds": lambda value, compact: seconds(value / 1000),
    "bytes": size,
    "bytes_per_second": lambda value, compact: f"{size(value)}/s",
}


def _scaled(value: float) -> str:
    for letter, step in (("k", 1e3), ("M", 1e6), ("B", 1e9), ("T", 1e12)):
        scaled = value / step
        if abs(scaled) < 999.5 or letter == "T":
            digits = 0 if abs(scaled) >= 99.95 else 1 if abs(scaled) >= 9.995 else 2
            return f"{_trimmed(f'{scaled:,.{digits}f}')}{letter}".replace("-", "−")
    raise AssertionError("unreachable")


def _trimmed(figure: str) -> str:
    return figure.rstrip("0").rstrip(".") if "." in figure else figure
