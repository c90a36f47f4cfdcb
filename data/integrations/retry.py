"""When to try again: full-jitter backoff and Retry-After, as pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

FIRST_S = 0.5
CEILING_S = 30.0


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


def _instant(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError):
        return None
