"""How many calls a caller has left, counted in the database for every process of the fleet."""

from __future__ import annotations

from sqlalchemy import text

from data import database


def lease(who: bytes, rate: int, most: int) -> float:
    """Take up to `most` calls of a bucket that holds `rate` and refills in a minute.

    Returns how many were taken, at least 1; or minus the seconds until there is one.
    Raises DatabaseUnavailable.
    """
    with database.transaction() as opened:
        opened.execute(text(_FULL), {"who": who, "rate": rate})
        left = float(opened.execute(text(_LEFT), {"who": who, "rate": rate}).scalar_one())
        taken = min(most, int(left))
        if taken < 1:
            return -(1 - left) * 60 / rate
        opened.execute(text(_TAKEN), {"who": who, "left": left - taken})
        return taken


_FULL = """
    INSERT INTO api_calls (who, permits, at) VALUES (:who, :rate, clock_timestamp())
    ON CONFLICT DO NOTHING
"""
_LEFT = """
    SELECT least(:rate, permits + extract(epoch FROM clock_timestamp() - at) * :rate / 60.0)
    FROM api_calls WHERE who = :who FOR UPDATE
"""
_TAKEN = "UPDATE api_calls SET permits = :left, at = clock_timestamp() WHERE who = :who"


def sweep() -> None:
    """Forget buckets that have long been full again."""
    database.execute("DELETE FROM api_calls WHERE at < now() - interval '10 minutes'")
