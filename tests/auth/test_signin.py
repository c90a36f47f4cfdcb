"""From a name and a password to a ticket, telling nobody more than that."""

from __future__ import annotations

import time

import pytest

from auth import passwords, people, sessions, signin
from data import database as db

GOOD = "correct horse battery"


@pytest.fixture(autouse=True)
def mia(database: str) -> None:
    people.add("mia", "viewer", password=GOOD)


def test_a_right_password_gives_a_ticket(database: str) -> None:
    outcome = signin.attempt(" MIA ", GOOD, "192.0.2.1")
    assert outcome.problem is None
    assert outcome.ticket is not None
    assert sessions.redeem(outcome.ticket, "192.0.2.1", "Browser") is not None


def test_wrong_name_wrong_password_and_shut_account_read_alike(database: str) -> None:
    people.add("noa", "viewer", password=GOOD)
    people.disable("noa")
    people.add("invited", "viewer")
    answers = {
        signin.attempt("mia", "wrong password", "192.0.2.1"),
        signin.attempt("nobody", GOOD, "192.0.2.1"),
        signin.attempt("noa", GOOD, "192.0.2.1"),
        signin.attempt("invited", GOOD, "192.0.2.1"),
    }
    assert answers == {signin.Outcome(problem=signin.WRONG)}


def test_a_password_changed_while_it_is_checked_lets_nobody_in(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = passwords.matches

    def slow(password: str, stored: str | None) -> bool:
        fits = checked(password, stored)
        people.set_password("mia", GOOD[::-1])
        return fits

    monkeypatch.setattr(passwords, "matches", slow)
    assert signin.attempt("mia", GOOD, "192.0.2.1") == signin.Outcome(problem=signin.WRONG)
    assert db.scalar("SELECT detail->>'reason' FROM audit WHERE action = 'sign_in'") == (
        "changed meanwhile"
    )


def test_wrong_name_and_wrong_password_take_alike_long(database: str) -> None:
    signin.attempt("warm", "up", "192.0.2.9")

    def spent(username: str, number: int) -> float:
        began = time.perf_counter()
        signin.attempt(username, "wrong password", f"192.0.2.{number}")
        return time.perf_counter() - began

    pairs = [(spent("mia", n), spent("nobody", n)) for n in range(10, 18)]
    # The quickest of each: a busy machine only adds.
    known, unknown = (min(times) for times in zip(*pairs, strict=True))
    assert unknown == pytest.approx(known, rel=0.3)


def test_an_unknown_account_waits_like_a_known_one(database: str) -> None:
    for username in ("mia", "nobody"):
        answers = [signin.attempt(username, "wrong", "192.0.2.1") for _ in range(6)]
        assert answers[:5] == [signin.Outcome(problem=signin.WRONG)] * 5
        assert (answers[5].problem or "").startswith("Too many failed attempts; try again in 30 s")


def test_the_right_password_waits_too_but_not_from_another_address(database: str) -> None:
    for _ in range(5):
        signin.attempt("mia", "wrong", "192.0.2.1")
    assert signin.attempt("mia", GOOD, "192.0.2.1").ticket is None
    assert signin.attempt("mia", GOOD, "192.0.2.2").ticket is not None


def test_every_attempt_is_in_the_trail_without_its_password(database: str) -> None:
    signin.attempt("mia", "my secret guess", "192.0.2.1")
    signin.attempt("no\nbody", "x", "192.0.2.1")
    rows = db.read("SELECT actor, outcome, address, detail FROM audit WHERE action = 'sign_in'"
                   " ORDER BY id")  # fmt: skip
    assert [dict(row) for row in rows] == [
        {"actor": "mia", "outcome": "refused", "address": "192.0.2.1",
         "detail": {"reason": "wrong password"}},
        {"actor": "no body", "outcome": "refused", "address": "192.0.2.1",
         "detail": {"reason": "no such account"}},
    ]  # fmt: skip
    assert "secret guess" not in str(db.read("SELECT * FROM audit"))


@pytest.mark.parametrize("text", ["\ud800", "nul\0byte", "x" * 100_000, "' OR 1=1 --"])
def test_no_text_makes_the_form_fail(text: str) -> None:
    assert signin.attempt(text, text, "192.0.2.1") == signin.Outcome(problem=signin.WRONG)
