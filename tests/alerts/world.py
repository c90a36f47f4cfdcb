"""A made-up set of signals and a clock for the engine's tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from alerts import rulebook
from alerts.engine import Engine
from alerts.rules import Rule
from alerts.series import Series
from data import database

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


class World:
    """Signals as lists of samples; `engine()` is a worker's engine that reads them."""

    def __init__(self) -> None:
        self.samples: dict[str, dict[str, list[tuple[datetime, float]]]] = {}
        self.broken: dict[str, Exception] = {}
        self.reads: list[str] = []

    def put(self, signal: str, at: datetime, value: float, line: str = "1") -> None:
        self.samples.setdefault(signal, {}).setdefault(line, []).append((at, value))

    def read(self, signal: str, start: datetime, end: datetime) -> list[Series]:
        self.reads.append(signal)
        if signal in self.broken:
            raise self.broken[signal]
        found = []
        for line, samples in self.samples.get(signal, {}).items():
            inside = [(at, value) for at, value in samples if start < at <= end]
            if inside:
                found.append(Series.of({"line": line}, inside))
        return found

    def engine(self) -> Engine:
        return Engine(self.read)


def rule(name: str = "hot", signal: str = "oven", **given: object) -> Rule:
    defaults = {"threshold": 80.0, "for_": timedelta(minutes=5), "every": timedelta(seconds=15)}
    return Rule(name, signal, **{**defaults, **given})  # type: ignore[arg-type]


def save(*rules: Rule) -> None:
    for one in rules:
        rulebook.save(one, "tester")


def channel(name: str, position: int = 0, kind: str = "webhook", per_minute: int = 1000) -> None:
    with database.transaction() as opened:
        opened.execute(
            text(
                "INSERT INTO alert_channels (name, kind, position, per_minute) "
                "VALUES (:name, :kind, :position, :per_minute)"
            ),
            {"name": name, "kind": kind, "position": position, "per_minute": per_minute},
        )


def states() -> list[tuple[str, str]]:
    rows = database.read("SELECT labels->>'line' AS line, state FROM alert_states ORDER BY 1")
    return [(row["line"], row["state"]) for row in rows]


def changes() -> list[tuple[str, str]]:
    rows = database.read("SELECT from_state, to_state FROM alert_changes ORDER BY id")
    return [(row["from_state"], row["to_state"]) for row in rows]


def notifications() -> list[tuple[str, str]]:
    rows = database.read("SELECT channel, event FROM alert_notifications ORDER BY id")
    return [(row["channel"], row["event"]) for row in rows]
