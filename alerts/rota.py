"""Who is on call: members take a week each in turn, exceptions put somebody else in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PREFIX = "rota:"


@dataclass(frozen=True)
class Override:
    """Between two instants this member has it instead."""

    starts_at: datetime
    ends_at: datetime
    member: str


@dataclass(frozen=True)
class Rota:
    """Members in turn, each for a week from `first_day` at `handover` of the company's clock.

    members: (name, channel) pairs.
    """

    name: str
    first_day: date
    handover: time
    members: tuple[tuple[str, str], ...]
    overrides: tuple[Override, ...] = ()

    def on_call(self, now: datetime, zone: ZoneInfo) -> tuple[str, str] | None:
        """(member, channel) that has it at `now`; None with no members or before the first day."""
        by_name = dict(self.members)
        for override in self.overrides:
            if override.starts_at <= now < override.ends_at and override.member in by_name:
                return override.member, by_name[override.member]
        local = now.astimezone(zone)
        day = local.date() if local.time() >= self.handover else local.date() - timedelta(days=1)
        week = (day - self.first_day).days // 7
        if not self.members or week < 0:
            return None
        return self.members[week % len(self.members)]


def recipients(
    names: Iterable[str], rotas: Mapping[str, Rota], now: datetime, zone: ZoneInfo
) -> list[str]:
    """Channel names, each once, with `rota:NAME` replaced by the channel of who is on call."""
    found: list[str] = []
    for name in names:
        channel: str | None = name
        if name.startswith(PREFIX):
            rota = rotas.get(name.removeprefix(PREFIX))
            holder = rota.on_call(now, zone) if rota else None
            channel = holder[1] if holder else None
        if channel and channel not in found:
            found.append(channel)
    return found
