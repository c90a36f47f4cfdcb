"""The company's own clock and currency, as settings name them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from config.settings import settings


def zone() -> ZoneInfo:
    """Zone that decides where a business day begins and ends."""
    return settings().zone


def currency() -> str:
    """ISO 4217 code that money is converted to and shown in."""
    return settings().company_currency


def today(now: datetime | None = None) -> date:
    """The business day of `now` (aware; default: this moment)."""
    return (now or datetime.now(UTC)).astimezone(zone()).date()
