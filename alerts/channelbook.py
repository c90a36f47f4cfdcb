"""The channels of this installation: saved with their secrets sealed, opened to be used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from alerts.channels import KINDS, Kind, problems, send
from alerts.channels.config import ChannelConfig, Receipt, Surroundings
from alerts.channels.message import Item, Message
from config.settings import settings
from data import database, secrets


class ChannelRefused(Exception):
    """A channel that is not saved; its text is one sentence."""


class UnknownChannel(LookupError):
    """No channel has that name; its text is one sentence."""


@dataclass(frozen=True)
class ChannelRow:
    """A channel as its settings show it; of its secrets only which are set."""

    name: str
    kind: str
    fields: Mapping[str, str]
    secrets_set: tuple[str, ...]
    enabled: bool
    is_default: bool
    position: int
    per_minute: int
    last_at: datetime | None
    last_ok_at: datetime | None
    last_error: str | None


def surroundings() -> Surroundings:
    """Addresses and limits from the settings."""
    chosen = settings()
    return Surroundings(
        slack_url=chosen.slack_url,
        slack_api_url=chosen.slack_api_url,
        pagerduty_url=chosen.pagerduty_url,
        allow_private=chosen.alert_allow_private_targets,
    )


def listed() -> list[ChannelRow]:
    """All channels in the order of fallback."""
    rows = database.read("SELECT * FROM alert_channels ORDER BY position, name")
    return [_shown(row) for row in rows]


def _shown(row: RowMapping) -> ChannelRow:
    opened = json.loads(secrets.decrypt(row["sealed"])) if row["sealed"] else {}
    names = ChannelRow.__dataclass_fields__
    values = {name: row[name] for name in names if name != "secrets_set"}
    return ChannelRow(**values, secrets_set=tuple(sorted(opened)))


def config_of(row: RowMapping | dict[str, Any]) -> ChannelConfig:
    """A usable configuration out of a row with name, kind, fields and sealed."""
    opened = json.loads(secrets.decrypt(row["sealed"])) if row["sealed"] else {}
    return ChannelConfig(row["name"], row["kind"], row["fields"], opened)


def find(name: str) -> ChannelConfig:
    """The channel of that name, ready to use. Raises UnknownChannel."""
    row = database.one(
        "SELECT name, kind, fields, sealed FROM alert_channels WHERE name = :name", name=name
    )
    if row is None:
        raise UnknownChannel(f'No channel is called "{name}"; the Alerts page lists them.')
    return config_of(row)


def save(
    name: str,
    kind: str,
    given: Mapping[str, str],
    author: str,
    *,
    enabled: bool = True,
    is_default: bool = True,
    per_minute: int = 30,
) -> None:
    """Add or change a channel; an empty secret keeps the one that is stored.

    Raises ChannelRefused with the first thing that keeps it from working.
    """
    _require_name(name)
    with database.transaction() as opened:
        opened.execute(text("LOCK TABLE alert_channels IN SHARE ROW EXCLUSIVE MODE"))
        config = _completed(opened, name.strip(), kind, given)
        for sentence in problems(config):
            raise ChannelRefused(sentence)
        row: dict[str, Any] = {
            "name": config.name, "kind": kind, "fields": json.dumps(dict(config.fields)),
            "sealed": secrets.encrypt(json.dumps(dict(config.secrets))), "enabled": enabled,
            "is_default": is_default, "per_minute": per_minute, "author": author,
        }  # fmt: skip
        opened.execute(text(_UPSERT), row)


def _require_name(name: str) -> None:
    if not name.strip() or not name.isprintable() or len(name) > 60 or name.startswith("rota:"):
        raise ChannelRefused("A channel's name has 1 to 60 characters and is not a rota's.")


_UPSERT = """
INSERT INTO alert_channels (name, kind, fields, sealed, enabled, is_default, per_minute, position,
                            updated_by)
VALUES (:name, :kind, CAST(:fields AS jsonb), :sealed, :enabled, :is_default, :per_minute,
        (SELECT coalesce(max(position), 0) + 1 FROM alert_channels), :author)
ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, fields = excluded.fields,
    sealed = excluded.sealed, enabled = excluded.enabled, is_default = excluded.is_default,
    per_minute = excluded.per_minute, updated_by = excluded.updated_by, updated_at = now()
"""


def _completed(opened: Connection, name: str, kind: str, given: Mapping[str, str]) -> ChannelConfig:
    if kind not in KINDS:
        raise ChannelRefused(f'"{kind}" is not one of {", ".join(KINDS)}.')
    row = opened.execute(
        text("SELECT name, kind, fields, sealed FROM alert_channels WHERE name = :name"),
        {"name": name},
    ).mappings().first()  # fmt: skip
    before = config_of(row).secrets if row is not None and row["kind"] == kind else {}
    module: Kind = KINDS[kind]
    fields, hidden = {}, {}
    for field in module.FIELDS:
        value = given.get(field.name, "").strip()
        if field.secret:
            hidden[field.name] = value or before.get(field.name, "")
        else:
            fields[field.name] = value or field.default
    return ChannelConfig(name, kind, fields, {key: value for key, value in hidden.items() if value})


def remove(name: str) -> None:
    """Forget a channel and its secrets. Raises UnknownChannel."""
    if not database.execute("DELETE FROM alert_channels WHERE name = :name", name=name):
        raise UnknownChannel(f'No channel is called "{name}"; somebody removed it.')


def move_up(name: str) -> None:
    """Put a channel one place forward in the order of fallback."""
    names = [row.name for row in listed()]
    place = names.index(name) if name in names else 0
    names[max(0, place - 1) : place + 1] = reversed(names[max(0, place - 1) : place + 1])
    database.execute(
        "UPDATE alert_channels SET position = array_position(CAST(:names AS text[]), name)",
        names=names,
    )


def try_out(name: str, link: str, now: datetime | None = None) -> Receipt:
    """Send a test message and keep the result. Raises UnknownChannel, DeliveryError."""
    config = find(name)
    at = now or datetime.now(UTC)
    item = Item(
        event="test",
        rule=f"Test of {name}",
        severity="info",
        dedup_key=f"sentia-test-{name}",
        link=link,
        since=at,
        at=at,
        description="If you read this, the channel works. Nothing is wrong.",
    )
    message = Message(settings().company_name, f"test-{int(at.timestamp())}", (item,))
    try:
        receipt = send(message, config, surroundings())
        if config.kind == "pagerduty":
            done = Item(**{**item.__dict__, "event": "resolve"})
            send(Message(message.company, message.key, (done,)), config, surroundings())
    except Exception as error:
        record(name, at, str(error))
        raise
    record(name, at, None)
    return receipt


def record(name: str, at: datetime, error: str | None) -> None:
    """Keep the last result of a channel."""
    database.execute(
        "UPDATE alert_channels SET last_at = :at, last_error = :error, "
        "last_ok_at = CASE WHEN CAST(:error AS text) IS NULL THEN :at ELSE last_ok_at END "
        "WHERE name = :name",
        at=at,
        error=error,
        name=name,
    )
