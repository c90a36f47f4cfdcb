"""From a name and a password to a ticket for a session, alike for names that exist or not."""

from __future__ import annotations

import math
from dataclasses import dataclass

from auth import audit, passwords, people, sessions, waits
from data import database

WRONG = "The username or the password is wrong."
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Outcome:
    """Either a ticket or one sentence that says why not."""

    ticket: str | None = None
    problem: str | None = None


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
    if user is None or not fits or user["disabled_at"] is not None:
        reason = _reason(user is not None, fits)
        audit.record("sign_in", actor=account, address=address, outcome="refused",
                     detail={"reason": reason})  # fmt: skip
        return Outcome(problem=WRONG)
    waits.succeeded(account, address or "")
    return Outcome(ticket=sessions.ticket(user["id"]))


def _reason(known: bool, fits: bool) -> str:
    """For the trail only; the person is never told which it was."""
    if not known:
        return "no such account"
    return "account disabled" if fits else "wrong password"


def _in_words(seconds: float) -> str:
    if seconds <= 90:
        return f"{math.ceil(seconds)} seconds"
    return f"{math.ceil(seconds / 60)} minutes"
