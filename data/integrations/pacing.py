"""Token buckets in PostgreSQL: every worker together keeps to the vendor's rate."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from data import database

_TAKE = """
INSERT INTO integration_pace AS p (bucket, available, capacity, rate, at)
VALUES (:bucket, :capacity - :cost, :capacity, :rate, :now)
ON CONFLICT (bucket) DO UPDATE SET
    available = LEAST(p.capacity, p.available + GREATEST(0, :now - p.at) * p.rate) - :cost,
    at = GREATEST(p.at, :now)
RETURNING available, rate, closed_until
"""
_GIVE_BACK = "UPDATE integration_pace SET available = available + :cost WHERE bucket = :bucket"
_CLOSE = """
INSERT INTO integration_pace AS p (bucket, available, capacity, rate, at, closed_until)
VALUES (:bucket, 1, 1, 1, :now, :until)
ON CONFLICT (bucket) DO UPDATE SET closed_until = GREATEST(p.closed_until, :until)
"""
_LEARN = """
UPDATE integration_pace SET rate = COALESCE(:rate, rate), capacity = COALESCE(:capacity, capacity),
    available = LEAST(COALESCE(:available, available), :at_most)
WHERE bucket = :bucket
"""
_SPEND = """
UPDATE integration_pace SET available = LEAST(available + GREATEST(0, :now - at) * rate, 0),
    at = GREATEST(at, :now)
WHERE bucket = :bucket
"""


@dataclass(frozen=True)
class Rate:
    """`per_s` units a second on average, `burst` at once."""

    per_s: float
    burst: float


@dataclass(frozen=True)
class Learned:
    """What a vendor's headers said about a bucket; None leaves it as it was.

    `available` is what there is, `at_most` a bound: turns that others hold already stay taken.
    """

    per_s: float | None = None
    burst: float | None = None
    available: float | None = None
    at_most: float | None = None


def take(bucket: str, rate: Rate, cost: float, now: float) -> float:
    """Reserve `cost` units; returns the seconds to wait before using them."""
    wanted = {"bucket": bucket, "capacity": rate.burst, "rate": rate.per_s}
    with database.transaction() as opened:
        opened.execute(text("SET LOCAL synchronous_commit = off"))
        result = opened.execute(text(_TAKE), wanted | {"cost": cost, "now": now})
        row = result.mappings().one()
    owed = max(0.0, -row["available"]) / row["rate"]
    return float(max(owed, row["closed_until"] - now, 0.0))


def give_back(bucket: str, cost: float) -> None:
    """Return a reservation that was not used."""
    database.execute(_GIVE_BACK, bucket=bucket, cost=cost)


def close(bucket: str, until: float, now: float) -> None:
    """Nobody uses the bucket before `until` (epoch s): the vendor said so."""
    database.execute(_CLOSE, bucket=bucket, until=until, now=now)


def learn(bucket: str, said: Learned) -> None:
    """Take over the rate, size or content that the vendor's headers gave."""
    if said != Learned():
        database.execute(
            _LEARN,
            bucket=bucket,
            rate=said.per_s,
            capacity=said.burst,
            available=said.available,
            at_most=said.at_most,
        )


def spend(bucket: str, now: float) -> None:
    """The vendor says that nothing is left: the next turn comes when its rate gives one back."""
    database.execute(_SPEND, bucket=bucket, now=now)
