"""Escalation policies and on-call rotas: listed, saved, removed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from alerts import routing
from alerts.people import Refused
from alerts.rota import PREFIX, Rota
from alerts.routing import Step
from data import database


def policies() -> dict[str, tuple[Step, ...]]:
    """All escalation policies by name."""
    rows = database.read("SELECT name, steps FROM alert_policies ORDER BY name")
    return {row["name"]: routing.steps_of(row["steps"]) for row in rows}


def save_policy(name: str, steps: Sequence[Step], author: str) -> None:
    """Add or replace a policy; its steps are put in order of their delay. Raises Refused."""
    if not name.strip() or not name.isprintable():
        raise Refused("An escalation policy needs a name.")
    if not steps or any(not step.to for step in steps):
        raise Refused("Each step of an escalation policy needs somebody to tell.")
    if any(step.after < timedelta(0) for step in steps):
        raise Refused("A step comes some time after the alert fired, not before.")
    _require_known({name for step in steps for name in step.to})
    ordered = sorted(steps, key=lambda step: step.after)
    stored = [{"after_s": step.after.total_seconds(), "to": list(step.to)} for step in ordered]
    database.execute(
        "INSERT INTO alert_policies (name, steps, author) "
        "VALUES (:name, CAST(:steps AS jsonb), :author) ON CONFLICT (name) DO UPDATE SET "
        "steps = excluded.steps, author = excluded.author, updated_at = now()",
        name=name.strip(),
        steps=json.dumps(stored),
        author=author,
    )


def remove_policy(name: str) -> bool:
    """Forget a policy; False when it was gone."""
    return bool(database.execute("DELETE FROM alert_policies WHERE name = :name", name=name))


def rotas(now: datetime | None = None) -> list[Rota]:
    """All rotas with the exceptions that are not over."""
    with database.connection() as opened:
        return routing.rotas(opened, now or datetime.now(UTC))


def save_rota(
    name: str, first_day: date, handover: time, members: Sequence[tuple[str, str]], author: str
) -> None:
    """Add or replace a rota; members: (name, channel) in the order of their weeks.

    Somebody who comes twice has the same channel both times. Raises Refused.
    """
    if not name.strip() or not name.isprintable():
        raise Refused("A rota needs a name.")
    if not members or any(not who or not channel for who, channel in members):
        raise Refused("A rota needs members, each with a channel.")
    channels = dict(members)
    for who, channel in members:
        if channels[who] != channel:
            raise Refused(f"{who} is told by two channels; give each member one.")
        if channel.startswith(PREFIX):
            raise Refused(f"{channel} is a rota; a member is told by a channel.")
    _require_known(channels.values())
    database.execute(
        "INSERT INTO alert_rotas (name, first_day, handover, members, author) "
        "VALUES (:name, :first_day, :handover, CAST(:members AS jsonb), :author) "
        "ON CONFLICT (name) DO UPDATE SET first_day = excluded.first_day, "
        "handover = excluded.handover, members = excluded.members, author = excluded.author, "
        "updated_at = now()",
        name=name.strip(),
        first_day=first_day,
        handover=handover,
        members=json.dumps([{"name": who, "channel": channel} for who, channel in members]),
        author=author,
    )


def remove_rota(name: str) -> bool:
    """Forget a rota; False when it was gone."""
    return bool(database.execute("DELETE FROM alert_rotas WHERE name = :name", name=name))


def _require_known(targets: Iterable[str]) -> None:
    """Refuse a channel or rota that is not there: nobody would be told."""
    known = {row["name"] for row in database.read("SELECT name FROM alert_channels")}
    known |= {PREFIX + row["name"] for row in database.read("SELECT name FROM alert_rotas")}
    for name in sorted(targets):
        if name not in known:
            kind = "rota" if name.startswith(PREFIX) else "channel"
            raise Refused(f'No {kind} is called "{name.removeprefix(PREFIX)}".')


def stand_in(rota: str, member: str, starts: datetime, ends: datetime, author: str) -> None:
    """Between two instants `member` has it, whoever's week it is. Raises Refused."""
    if ends <= starts:
        raise Refused("An exception must end after it starts.")
    database.execute(
        "INSERT INTO alert_rota_overrides (rota, member, starts_at, ends_at, author) "
        "VALUES (:rota, :member, :starts, :ends, :author)",
        rota=rota,
        member=member,
        starts=starts,
        ends=ends,
        author=author,
    )
