"""Explanations that were made already, and the tokens of the month."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date

from data import database
from data.integrations.narrative import Figures, Narrative
from data.integrations.world import World


def key(figures: Figures, model: str) -> str:
    """What the same question to the same model is found under."""
    return hashlib.sha256(json.dumps([model, figures.plain()]).encode()).hexdigest()


def stored(name: str) -> Narrative | None:
    """The narrative under that key."""
    row = database.one("SELECT model, narrative FROM explanations WHERE input_hash = :n", n=name)
    if row is None:
        return None
    return Narrative(tuple(row["narrative"]["sentences"]), None, row["model"])


def keep(name: str, made: Narrative) -> None:
    """Store a narrative whose numbers were checked."""
    database.execute(
        "INSERT INTO explanations (input_hash, model, narrative) "
        "VALUES (:name, :model, CAST(:narrative AS jsonb)) ON CONFLICT DO NOTHING",
        name=name,
        model=made.model,
        narrative=json.dumps(asdict(made)),
    )


def used(world: World) -> int:
    """Tokens of this calendar month."""
    found = database.scalar(
        "SELECT used FROM explanation_tokens WHERE month = :month", month=_month(world)
    )
    return int(found or 0)


def count(tokens: int, world: World) -> None:
    """Add tokens to this month's."""
    database.execute(
        "INSERT INTO explanation_tokens AS t (month, used) VALUES (:month, :used) "
        "ON CONFLICT (month) DO UPDATE SET used = t.used + excluded.used",
        month=_month(world),
        used=tokens,
    )


def _month(world: World) -> date:
    return world.moment().date().replace(day=1)
