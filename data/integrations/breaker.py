"""A circuit breaker that every worker shares: five failures open it, one probe tries it."""

from __future__ import annotations

from enum import Enum

from data import database
from data.integrations.errors import BreakerOpen

LIMIT = 5
FIRST_S = 60.0
LONGEST_S = 900.0

_READ = "SELECT failures, open_until FROM integration_breakers WHERE name = :name"
# Only the caller whose UPDATE finds the wait over becomes the probe; the others still see it open.
_PROBE = """
UPDATE integration_breakers SET open_until = :now + open_for_s
WHERE name = :name AND open_until > 0 AND open_until <= :now
"""
_FAILED = """
INSERT INTO integration_breakers AS b (name, failures) VALUES (:name, 1)
ON CONFLICT (name) DO UPDATE SET
    failures = b.failures + 1,
    open_for_s = CASE
        WHEN b.open_for_s > 0 AND :probed THEN LEAST(b.open_for_s * 2, :longest)
        WHEN b.open_for_s > 0 THEN b.open_for_s
        WHEN b.failures + 1 >= :limit THEN :first
        ELSE 0 END,
    open_until = CASE
        WHEN b.open_for_s > 0 AND :probed THEN :now + LEAST(b.open_for_s * 2, :longest)
        WHEN b.open_for_s > 0 THEN b.open_until
        WHEN b.failures + 1 >= :limit THEN :now + :first
        ELSE 0 END
"""
_WELL = "DELETE FROM integration_breakers WHERE name = :name"


class Passage(Enum):
    """How a call came through: nothing had failed, some calls had, or it tries an open breaker."""

    FREE = "free"
    FAILING = "failing"
    PROBE = "probe"


def check(name: str, title: str, now: float) -> Passage:
    """Let the call through, or raise BreakerOpen."""
    row = database.one(_READ, name=name)
    if row is None:
        return Passage.FREE
    if row["open_until"] == 0:
        return Passage.FAILING
    probes = row["open_until"] <= now and database.execute(_PROBE, name=name, now=now) == 1
    if not probes:
        raise BreakerOpen(
            f"{title} failed {row['failures']} times in a row and is left alone for "
            f"{max(1, round(row['open_until'] - now))} s; nothing to do unless this lasts.",
            row["open_until"],
        )
    return Passage.PROBE


def failed(name: str, now: float, passage: Passage = Passage.FREE) -> None:
    """Count a failed call; opens at the fifth, and for twice as long after a failed probe.

    Calls that were under way when it opened do not lengthen it.
    """
    database.execute(
        _FAILED,
        name=name,
        now=now,
        probed=passage is Passage.PROBE,
        limit=LIMIT,
        first=FIRST_S,
        longest=LONGEST_S,
    )


def well(name: str) -> None:
    """The vendor answered: forget every failure."""
    database.execute(_WELL, name=name)
