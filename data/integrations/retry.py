"""When to try again: full-jitter backoff and Retry-After, as pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

FIRST_S = 0.5
CEILING_S = 30.0
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")  # 6m0s, 1.2s, 120ms
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def backoff(attempt: int, chance: float) -> float:
    """Seconds before retry `attempt` (0 is the first): uniform in [0, min(ceiling, first·2ⁿ))."""
    return chance * min(CEILING_S, FIRST_S * float(2**attempt))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that Retry-After asks for, in either of its forms; None without a usable one.

    A date is measured against the vendor's own Date header, so that a wrong local clock does not
    stretch or shorten the wait.
    """
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    until = _instant(value)
    if until is None:
        return None
    return max(0.0, until - (_instant(headers.get("Date", "")) or now))


def reset_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the allowance that is used up is there again; None where none is named."""
    waits = [
        sum(float(amount) * _UNITS[unit] for amount, unit in _SPAN.findall(headers[name]))
        for kind in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{kind}") == "0"
        and (name := f"x-ratelimit-reset-{kind}") in headers
    ]
    return max(waits, default=None)


def _instant(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError):
        return None
