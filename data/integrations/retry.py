"""When to try again: full-jitter backoff and Retry-After, as pure functions."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

FIRST_S = 0.5
CEILING_S = 30.0
# No vendor's allowance takes longer than a day to come back: what asks for more is a mistake.
LONGEST_S = 86_400.0
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")  # 6m0s, 1.2s, 120ms
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def backoff(attempt: int, chance: float) -> float:
    """Seconds before retry `attempt` (0 is the first): uniform in [0, min(ceiling, first·2ⁿ))."""
    return chance * min(CEILING_S, FIRST_S * float(2**attempt))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that Retry-After asks for, in either of its forms; None without a usable one.

    Never below 0, as a date that has passed would be, and never more than a day. A date is
    measured against the vendor's own Date header, so that a wrong local clock does not stretch or
    shorten the wait.
    """
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        asked = float(value)
    except ValueError:
        until = _instant(value)
        if until is None:
            return None
        asked = until - (_instant(headers.get("Date", "")) or now)
    return None if math.isnan(asked) else min(max(0.0, asked), LONGEST_S)


def reset_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the allowance that is used up is there again; None where none is named."""
    waits = [
        sum(float(amount) * _UNITS[unit] for amount, unit in _SPAN.findall(headers[name]))
        for kind in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{kind}") == "0"
        and (name := f"x-ratelimit-reset-{kind}") in headers
    ]
    return min(max(waits), LONGEST_S) if waits else None


def _instant(value: str) -> float | None:
    try:
        read = parsedate_to_datetime(value)
        return (read.replace(tzinfo=UTC) if read.tzinfo is None else read).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
