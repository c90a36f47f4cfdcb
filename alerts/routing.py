"""Who is told: channels, escalation policies and on-call rotas as they stand at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from alerts.rota import Override, Rota, recipients
from data import company


@dataclass(frozen=True)
class Step:
    """Tell these (channels or `rota:NAME`) when nobody acknowledged `after` the alert fired."""

    after: timedelta
    to: tuple[str, ...]


@dataclass(frozen=True)
class Address:
    """What routing needs to know of a channel."""

    name: str
    kind: str
    enabled: bool
    is_default: bool


@dataclass(frozen=True)
class Book:
    """Everything that decides who is told."""

    channels: tuple[Address, ...]
    policies: Mapping[str, tuple[Step, ...]]
    rotas: Mapping[str, Rota]
    zone: ZoneInfo

    def told(self, wanted: Iterable[str], now: datetime) -> list[str]:
        """Enabled channels for `wanted`; the default ones when it names none that is there."""
        usable = {channel.name for channel in self.channels if channel.enabled}
        named = [name for name in recipients(wanted, self.rotas, now, self.zone) if name in usable]
        return named or [c.name for c in self.channels if c.enabled and c.is_default]

    def step(self, policy: str | None, number: int, now: datetime) -> tuple[timedelta, list[str]]:
        """How long after firing step `number` is due, and whom it tells; (max, []): none."""
        steps = self.policies.get(policy or "", ())
        if number >= len(steps):
            return timedelta.max, []
        usable = {channel.name for channel in self.channels if channel.enabled}
        to = recipients(steps[number].to, self.rotas, now, self.zone)
        return steps[number].after, [name for name in to if name in usable]

    def after(self, channel: str, spent: Iterable[str]) -> str | None:
        """The next enabled channel behind `channel` in the list that is not in `spent`."""
        names = [c.name for c in self.channels]
        place = names.index(channel) + 1 if channel in names else 0
        used = {*spent, channel}
        for candidate in (*self.channels[place:], *self.channels[:place]):
            if candidate.enabled and candidate.name not in used:
                return candidate.name
        return None


def load(opened: Connection, now: datetime) -> Book:
    """The book as it stands."""
    channels = opened.execute(
        text("SELECT name, kind, enabled, is_default FROM alert_channels ORDER BY position, name")
    ).mappings()
    policies = opened.execute(text("SELECT name, steps FROM alert_policies")).all()
    return Book(
        tuple(Address(**row) for row in channels),
        {name: steps_of(steps) for name, steps in policies},
        {rota.name: rota for rota in rotas(opened, now)},
        company.zone(),
    )


def steps_of(stored: Iterable[Mapping[str, object]]) -> tuple[Step, ...]:
    """Steps out of their JSON form [{"after_s": 900, "to": ["mail"]}, …]."""
    return tuple(
        Step(timedelta(seconds=float(str(step["after_s"]))), tuple(step["to"]))  # type: ignore[arg-type]
        for step in stored
    )


def rotas(opened: Connection, now: datetime) -> list[Rota]:
    """All rotas by name, with the exceptions that are not over."""
    rows = opened.execute(
        text("SELECT name, first_day, handover, members FROM alert_rotas ORDER BY name")
    ).all()
    exceptions = opened.execute(
        text(
            "SELECT rota, starts_at, ends_at, member FROM alert_rota_overrides "
            "WHERE ends_at > :now ORDER BY id DESC"
        ),
        {"now": now},
    ).all()
    return [
        Rota(
            name,
            first_day,
            handover,
            tuple((member["name"], member["channel"]) for member in members),
            tuple(Override(s, e, member) for rota, s, e, member in exceptions if rota == name),
        )
        for name, first_day, handover, members in rows
    ]
