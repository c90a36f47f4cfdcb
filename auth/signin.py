"""From a name and a password to a ticket for a session, alike for names that exist or not."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, text

from auth import audit, factors, passwords, people, sessions, waits
from auth.person import Person
from data import database

WRONG = "The username or the password is wrong."
_LONGEST_NAME = 200
_CLAIM = "second factor"
_CLAIM_S = 300


@dataclass(frozen=True)
class Outcome:
    """A ticket, or the claim to one that a code must prove, or a sentence that says why not."""

    ticket: str | None = None
    problem: str | None = None
    claim: str | None = None


def attempt(username: str, password: str, address: str | None) -> Outcome:
    """Check and record one sign-in. Takes as long for unknown names. Raises DatabaseUnavailable."""
    account = audit.one_line(people.tidy(username))[:_LONGEST_NAME]
    if not account or not password:
        return Outcome(problem="Enter your username and your password.")
    seconds = waits.attempt(account, address or "")
    if seconds:
        audit.record("sign_in.wait", actor=account, address=address, outcome="refused")
        return Outcome(problem=f"Too many failed attempts; try again in {_in_words(seconds)}.")
    user = database.one(
        "SELECT id, username, password_hash, disabled_at FROM users"
        " WHERE username = :account AND deleted_at IS NULL",
        account=account,
    )
    fits = passwords.matches(password, user["password_hash"] if user else None)
    good = user if user is not None and fits and user["disabled_at"] is None else None
    outcome = _admitted(good, account, address or "") if good is not None else None
    if outcome is None:
        reason = _reason(user is not None, fits) if good is None else "changed meanwhile"
        audit.record("sign_in", actor=account, address=address, outcome="refused",
                     detail={"reason": reason})  # fmt: skip
        return Outcome(problem=WRONG)
    return outcome


def _admitted(user: RowMapping, account: str, address: str) -> Outcome | None:
    """What a right password gives; None when the account was changed while it was checked."""
    with database.transaction() as opened:
        row = opened.execute(_STILL, {"id": user["id"], "hash": user["password_hash"]}).first()
        if row is None:
            return None
        waits.succeeded(account, address, opened)
        if row.factor:
            return Outcome(claim=claim_for(user["id"], opened=opened))
        return Outcome(ticket=sessions.ticket(user["id"], opened=opened))


# FOR SHARE waits for a change that is under way and then looks at what it left.
_STILL = text("""
    SELECT EXISTS (SELECT 1 FROM second_factors f
                   WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) AS factor
    FROM users u
    WHERE u.id = :id AND u.password_hash = :hash
          AND u.disabled_at IS NULL AND u.deleted_at IS NULL
    FOR SHARE OF u
""")


def claim_for(user_id: int, method: str = "password", opened: Connection | None = None) -> str:
    """What somebody holds who came half the way and owes a code."""
    return sessions.ticket(user_id, _CLAIM, method, _CLAIM_S, opened)


def prove(claim: str, code: str, address: str | None) -> Outcome:
    """The second step of a sign-in: a code of the app or a recovery code."""
    user = database.one(
        "SELECT u.id, u.username, t.method FROM tickets t JOIN users u ON u.id = t.user_id"
        " WHERE t.token_hash = :key AND t.purpose = :purpose AND t.expires_at > now()",
        key=sessions.digest(claim),
        purpose=_CLAIM,
    )
    if user is None:
        return Outcome(problem="That took too long; sign in again.")
    # Counted for the account as a whole: only who knows the password comes this far.
    if seconds := waits.attempt(f"code of {user['id']}", ""):
        return Outcome(problem=f"Too many wrong codes; try again in {_in_words(seconds)}.",
                       claim=claim)  # fmt: skip
    if not factors.check(user["id"], code):
        audit.record("sign_in", actor=user["username"], address=address, outcome="refused",
                     detail={"reason": "wrong code"})  # fmt: skip
        return Outcome(problem="The code is wrong or was used already.", claim=claim)
    waits.succeeded(f"code of {user['id']}", "")
    database.execute("DELETE FROM tickets WHERE token_hash = :key", key=sessions.digest(claim))
    return Outcome(ticket=sessions.ticket(user["id"], method=user["method"]))


def step_up(person: Person, secret: str, address: str | None) -> str | None:
    """Confirm who sits there by password or code; None when it is them, else one sentence."""
    if seconds := waits.attempt(person.username, address or ""):
        return f"Too many failed attempts; try again in {_in_words(seconds)}."
    stored = database.scalar("SELECT password_hash FROM users WHERE id = :id", id=person.id)
    if not passwords.matches(secret, stored) and not factors.check(person.id, secret):
        audit.record("step_up", actor=person, address=address, outcome="refused")
        return "The password or code is wrong."
    waits.succeeded(person.username, address or "")
    audit.record("step_up", actor=person, address=address)
    database.execute(
        "UPDATE sessions SET stepped_up_at = now() WHERE id = :id", id=person.session_id
    )
    return None


def stepped_up(person: Person) -> bool:
    """Whether the person confirmed who they are in the last ten minutes."""
    return bool(
        database.scalar(
            "SELECT 1 FROM sessions WHERE id = :id AND ended_at IS NULL"
            " AND stepped_up_at > now() - interval '10 minutes'",
            id=person.session_id,
        )
    )


def signed_in_just_now(person: Person) -> bool:
    """Whether the sign-in itself, or a step up, is at most ten minutes old."""
    return bool(
        database.scalar(
            "SELECT 1 FROM sessions WHERE id = :id AND ended_at IS NULL"
            " AND greatest(created_at, stepped_up_at) > now() - interval '10 minutes'",
            id=person.session_id,
        )
    )


def _reason(known: bool, fits: bool) -> str:
    """For the trail only; the person is never told which it was."""
    if not known:
        return "no such account"
    return "account disabled" if fits else "wrong password"


def _in_words(seconds: float) -> str:
    if seconds <= 90:
        return f"{math.ceil(seconds)} seconds"
    return f"{math.ceil(seconds / 60)} minutes"
