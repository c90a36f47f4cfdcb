"""How long an account and address pair must wait after failed sign-ins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from data import database

ALLOWED = 5
WINDOW = timedelta(minutes=15)
FIRST = timedelta(seconds=30)
LONGEST = timedelta(minutes=15)
# Failures of one address over all accounts within the window: an office of people who mistype
# stays below, somebody who tries one password on everybody does not.
ALLOWED_FROM_ADDRESS = 60
_SPRAYED_S = 60.0


@dataclass(frozen=True)
class Pair:
    """What is remembered of one account tried from one address."""

    failures: tuple[datetime, ...] = ()
    waits: int = 0
    waits_until: datetime | None = None


def tried(pair: Pair, now: datetime) -> tuple[Pair, float]:
    """The pair after one more attempt, and the seconds it must wait first (0: go ahead).

    An attempt counts as failed until it succeeded, so that many at once cannot slip through.
    """
    if pair.waits_until is not None and now < pair.waits_until:
        return pair, (pair.waits_until - now).total_seconds()
    recent = tuple(at for at in pair.failures if now - at < WINDOW)[-ALLOWED:]
    forgiven = pair.waits_until is None or now - pair.waits_until >= WINDOW
    waits = 0 if forgiven else pair.waits
    recent = (*recent, now)
    if len(recent) < ALLOWED:
        return Pair(recent, waits, pair.waits_until if waits else None), 0
    pause = min(LONGEST, FIRST * 2**waits)
    return replace(pair, failures=recent, waits=waits + 1, waits_until=now + pause), 0


def attempt(account: str, address: str) -> float:
    """Count an attempt of the pair; seconds that it must wait first, 0 when it may go ahead."""
    key = {"account": account, "address": address}
    since = {"since": datetime.now(UTC) - WINDOW, "allowed": ALLOWED_FROM_ADDRESS}
    with database.transaction() as opened:
        row = opened.execute(_HELD, key | since).mappings().first()
        if row is None:
            return _SPRAYED_S
        before = Pair(tuple(row["failures"]), row["waits"], row["waits_until"])
        after, seconds = tried(before, datetime.now(UTC))
        changed = {
            "failures": list(after.failures),
            "waits": after.waits,
            "until": after.waits_until,
        }
        opened.execute(_CHANGED, key | changed)
    return seconds


# One statement makes the pair or finds it, and holds it until the end of the transaction; no row
# for an address with too many failures over all accounts, of which a success takes its own away.
_HELD = text("""
    INSERT INTO sign_in_waits AS w (account, address)
    SELECT :account, :address
    WHERE :address = '' OR :allowed > (
        SELECT count(*) FROM sign_in_waits one, unnest(one.failures) AS failed (at)
        WHERE one.address = :address AND one.changed_at > :since AND failed.at > :since)
    ON CONFLICT (account, address) DO UPDATE SET account = w.account
    RETURNING w.failures, w.waits, w.waits_until
""")
_CHANGED = text("""
    UPDATE sign_in_waits SET failures = :failures, waits = :waits, waits_until = :until,
           changed_at = now()
    WHERE account = :account AND address = :address
""")


def succeeded(account: str, address: str, opened: Connection | None = None) -> None:
    """Forget the pair's failures, in the caller's transaction when `opened` is given."""
    key = {"account": account, "address": address}
    if opened is not None:
        opened.execute(_FORGOTTEN, key)
        return
    with database.transaction() as own:
        own.execute(_FORGOTTEN, key)


_FORGOTTEN = text("DELETE FROM sign_in_waits WHERE account = :account AND address = :address")
