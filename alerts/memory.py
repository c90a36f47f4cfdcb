"""What has to be known when the database is not there: the rule about it, channels and rotas."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import text

from alerts import routing, rulebook, rulefile
from alerts.rules import Rule
from data import company, database

SIGNAL = "database.reachable"
_COLUMNS = "name, kind, fields, sealed, enabled, is_default"
_log = structlog.get_logger()


@dataclass
class _Known:
    rule: Rule
    channels: list[dict[str, Any]]


class Memory:
    """Kept in this process and, sealed secrets and all, in a file that only its owner reads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _from_disk(path) or _Known(_default(), [])
        self._rotas: dict[str, Any] = {}

    @property
    def rule(self) -> Rule:
        """The rule about the database."""
        return self._known.rule

    def channel(self, name: str) -> dict[str, Any]:
        """The channel's row."""
        return next(row for row in self._known.channels if row["name"] == name)

    def told(self, now: datetime) -> list[str]:
        """Whom the rule tells now."""
        return self._book().told(self.rule.channels, now)

    def after(self, name: str, spent: Iterable[str]) -> str | None:
        """The next channel to fall back to."""
        return self._book().after(name, spent)

    def _book(self) -> routing.Book:
        addresses = tuple(
            routing.Address(row["name"], row["kind"], row["enabled"], row["is_default"])
            for row in self._known.channels
        )
        return routing.Book(addresses, {}, self._rotas, company.zone())

    def refresh(self) -> None:
        """Learn the rule, channels and rotas as they stand; called while the database answers."""
        try:
            with database.connection() as opened:
                rows = opened.execute(
                    text(f"SELECT {_COLUMNS} FROM alert_channels ORDER BY position, name")
                ).mappings()
                channels = [dict(row) for row in rows]
                rules = [kept.rule for kept in rulebook.kept(opened)]
                found = [rule for rule in rules if rule.signal == SIGNAL]
                rotas = routing.rotas(opened, datetime.now(company.zone()) - timedelta(days=1))
        except database.DatabaseUnavailable:
            return
        self._rotas = {rota.name: rota for rota in rotas}
        self._known = _Known(found[0] if found else _off(), channels)
        content = {"rule": rulefile.spell([self.rule]), "channels": channels}
        replace_file(self._path, json.dumps(content))


def _default() -> Rule:
    return next(rule for rule in rulebook.defaults() if rule.signal == SIGNAL)


def _off() -> Rule:
    """People removed the rule: watch, but tell nobody."""
    return replace(_default(), enabled=False)


def _from_disk(path: Path) -> _Known | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        (rule,) = rulefile.parse(found["rule"])
        return _Known(rule, found["channels"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, rulefile.RuleFileError) as error:
        _log.error("the alert memory cannot be read", kind=type(error).__name__)
        return None


def replace_file(path: Path, content: str) -> None:
    """Write a file whole or not at all, for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = path.with_suffix(".new")
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    made.replace(path)
