"""Second factors, steps up, links: each good once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyotp
import pytest

from auth import factors, people, roles, sessions, signin
from auth.factors import FactorRefused
from auth.person import Person
from config import settings as settings_module
from data import database as db

GOOD = "correct horse battery"


@pytest.fixture
def mia(home: Path, database: str) -> Person:
    user = people.add("mia", "admin", password=GOOD)
    opened = sessions.redeem(sessions.ticket(user), "192.0.2.1", "Firefox")
    assert opened is not None
    person = sessions.resolve(opened.token)
    assert person is not None
    return person


def code(secret: str, drift: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * drift)


def protected(person: Person) -> tuple[str, list[str]]:
    secret = factors.begin(person)
    return secret, factors.confirm(person, code(secret, -1))


def test_the_secret_is_stored_sealed_and_the_recovery_codes_hashed(mia: Person) -> None:
    secret, codes = protected(mia)
    stored = str(db.read("SELECT * FROM second_factors")) + str(db.read("SELECT * FROM audit"))
    assert secret not in stored
    assert not any(one in str(db.read("SELECT * FROM recovery_codes")) for one in codes)
    assert "otpauth://totp/" in factors.address(secret, mia)


def test_it_is_on_only_after_a_first_code(mia: Person) -> None:
    secret = factors.begin(mia)
    assert not factors.enabled(mia.id)
    with pytest.raises(FactorRefused):
        factors.confirm(mia, "000000" if code(secret) != "000000" else "000001")
    assert not factors.check(mia.id, code(secret)), "an unconfirmed factor proves nothing"
    assert len(factors.confirm(mia, code(secret))) == 10
    with pytest.raises(FactorRefused, match="already"):
        factors.begin(mia)


def test_a_code_is_good_once_even_for_two_at_once(mia: Person) -> None:
    secret, _ = protected(mia)
    now = code(secret)
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda _: factors.check(mia.id, now), range(4))).count(True) == 1
    assert not factors.check(mia.id, code(secret, -1)), "nor is one of before"


def test_a_recovery_code_is_good_once(mia: Person) -> None:
    _, codes = protected(mia)
    assert factors.check(mia.id, f" {codes[3].upper()} ")
    assert not factors.check(mia.id, codes[3])
    assert factors.codes_left(mia.id) == 9


@pytest.mark.parametrize("entered", ["", "abc", "١٢٣٤٥٦", "9" * 500])
def test_anything_else_proves_nothing(mia: Person, entered: str) -> None:
    protected(mia)
    assert not factors.check(mia.id, entered)


def test_the_password_alone_signs_nobody_in_who_has_a_second_factor(mia: Person) -> None:
    secret, _ = protected(mia)
    first = signin.attempt("mia", GOOD, "192.0.2.1")
    assert first.ticket is None
    assert first.claim is not None
    assert sessions.redeem(first.claim, None, None) is None, "the claim is no ticket"
    wrong = signin.prove(first.claim, "12", "192.0.2.1")
    assert wrong.ticket is None
    right = signin.prove(first.claim, code(secret), "192.0.2.1")
    assert right.ticket is not None
    assert sessions.redeem(right.ticket, None, None) is not None
    assert signin.prove(first.claim, code(secret, 1), "192.0.2.1").ticket is None


def test_guessing_codes_waits_from_whatever_address(mia: Person) -> None:
    protected(mia)
    claim = signin.attempt("mia", GOOD, "192.0.2.1").claim
    assert claim is not None
    answers = [signin.prove(claim, f"{n:06}", f"192.0.2.{n}").problem or "" for n in range(6)]
    assert "Too many wrong codes" in answers[5]


def test_required_and_missing_leaves_nothing_but_setting_it_up(
    mia: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTIA_REQUIRE_MFA", "admin")
    settings_module.settings.cache_clear()
    opened = sessions.redeem(sessions.ticket(mia.id), None, None)
    assert opened is not None
    person = sessions.resolve(opened.token)
    assert person is not None
    for resource in roles.ACTIONS:
        with pytest.raises(roles.PermissionDenied):
            roles.require(person, resource)
    protected(person)
    person = sessions.resolve(opened.token)
    assert person is not None
    roles.require(person, "users")
    monkeypatch.undo()
    settings_module.settings.cache_clear()


def test_a_step_up_lasts_ten_minutes_of_this_session_alone(mia: Person) -> None:
    other = sessions.redeem(sessions.ticket(mia.id), None, None)
    assert other is not None
    assert not signin.stepped_up(mia)
    assert signin.step_up(mia, "wrong", "192.0.2.1") == "The password or code is wrong."
    assert signin.step_up(mia, GOOD, "192.0.2.1") is None
    assert signin.stepped_up(mia)
    there = sessions.resolve(other.token)
    assert there is not None
    assert not signin.stepped_up(there)
    db.execute("UPDATE sessions SET stepped_up_at = now() - interval '11 minutes'")
    assert not signin.stepped_up(mia)


def test_a_step_up_by_code_works_and_by_guessing_waits(mia: Person) -> None:
    secret, _ = protected(mia)
    assert signin.step_up(mia, code(secret), "192.0.2.1") is None
    for _ in range(5):
        signin.step_up(mia, "guess", "192.0.2.1")
    assert "Too many" in (signin.step_up(mia, GOOD, "192.0.2.1") or "")


def test_removing_it_leads_back_to_the_password(mia: Person) -> None:
    protected(mia)
    factors.remove(mia.id, "mia", by=mia)
    assert signin.attempt("mia", GOOD, "192.0.2.1").ticket is not None
