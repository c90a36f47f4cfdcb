"""Dated notes that charts covering their days show."""

from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import text

from data import database

_LONGEST = 500


class BadNote(ValueError):
    """A note that cannot be kept; its text is one sentence."""


def add(first: date, last: date, note: str, author: str, kpi: str | None = None) -> int:
    """Write a note about the days `first` to `last`; returns its number. Raises BadNote."""
    words = _checked(first, last, note)
    with database.transaction() as opened:
        found = opened.execute(
            text("INSERT INTO annotations (from_day, to_day, kpi, note, author) "
                 "VALUES (:first, :last, :kpi, :note, :author) RETURNING id"),
            {"first": first, "last": last, "kpi": kpi, "note": words, "author": author},
        ).scalar_one()  # fmt: skip
    return int(found)


def change(number: int, first: date, last: date, note: str, kpi: str | None) -> bool:
    """Give a note other days, words or charts; whether it was there. Raises BadNote."""
    words = _checked(first, last, note)
    return database.execute(
        "UPDATE annotations SET from_day = :first, to_day = :last, kpi = :kpi, note = :note "
        "WHERE id = :id",
        id=number, first=first, last=last, kpi=kpi, note=words,
    ) > 0  # fmt: skip


def _checked(first: date, last: date, note: str) -> str:
    words = note.strip()
    if not words or len(words) > _LONGEST:
        raise BadNote(f"A note has 1 to {_LONGEST} characters; this one has {len(words)}.")
    if last < first:
        raise BadNote(f"The note ends on {last}, before it begins on {first}; swap the two days.")
    return words


def remove(number: int) -> bool:
    """Take a note away; whether it was there."""
    return database.execute("DELETE FROM annotations WHERE id = :id", id=number) > 0


def between(first: date, last: date, kpi: str | None = None) -> pd.DataFrame:
    """Notes on these days, for all charts or this KPI's: id, from_day, to_day, kpi, note, author.

    `kpi` None: every note.
    """
    frame: pd.DataFrame = database.frame(
        "SELECT id, from_day, to_day, kpi, note, author, written_at FROM annotations "
        "WHERE to_day >= :first AND from_day <= :last "
        "AND (CAST(:kpi AS text) IS NULL OR kpi IS NULL OR kpi = :kpi) ORDER BY from_day, id",
        first=first, last=last, kpi=kpi,
    )  # fmt: skip
    return frame
