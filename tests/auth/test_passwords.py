"""Hashing, checking and judging passwords."""

from __future__ import annotations

import time

import pytest
from streamlit_authenticator.utilities.hasher import Hasher

from auth import passwords
from auth.passwords import PasswordRefused


def test_a_hash_is_one_that_streamlit_authenticator_made_and_knows() -> None:
    stored = passwords.hashed("correct horse battery")
    assert Hasher.is_hash(stored)
    assert Hasher.check_pw("correct horse battery", stored)
    assert stored.startswith("$2b$12$")


@pytest.mark.parametrize("password", ["x" * 73, "é" * 40, "nul\0byte in here", "\ud800 lone half"])
def test_what_bcrypt_itself_cannot_take_works_whole(password: str) -> None:
    stored = passwords.hashed(password)
    assert passwords.matches(password, stored)
    assert not passwords.matches(password[:-1], stored)
    assert not passwords.matches(password + "x", stored)


def test_nobody_has_a_password() -> None:
    assert not passwords.matches("anything at all", None)


def test_checking_for_nobody_takes_as_long_as_for_somebody() -> None:
    stored = passwords.hashed("correct horse battery")
    passwords.matches("warm", None)

    def spent(stored: str | None) -> float:
        began = time.perf_counter()
        passwords.matches("a wrong password", stored)
        return time.perf_counter() - began

    pairs = [(spent(stored), spent(None)) for _ in range(8)]
    # The quickest of each: a busy machine only adds.
    known, unknown = (min(times) for times in zip(*pairs, strict=True))
    assert unknown == pytest.approx(known, rel=0.25)


def test_an_endless_password_is_not_worked_on() -> None:
    assert not passwords.matches("x" * 10_000_000, passwords.hashed("correct horse battery"))


@pytest.mark.parametrize(
    ("password", "reason"),
    [("elevenchars", "too short"), ("123456Qwerty", "commonest"), ("marta-weidmann-1", "name"),
     ("aaaaaaaabbbb", "repeats"),     ("x" * 1025, "too long"),
     (" 1234567890 ", "commonest")],
)  # fmt: skip
def test_a_bad_password_is_refused_in_one_sentence(password: str, reason: str) -> None:
    with pytest.raises(PasswordRefused, match=reason) as caught:
        passwords.require_good(password, "marta", "Weidmann")
    assert str(caught.value).count(".") == 1


def test_the_list_of_common_passwords_holds_ten_thousand() -> None:
    common = passwords._common() - {""}
    assert len(common) == 10_000
    assert {"123456", "password", "123qweasdzxc"} <= common


def test_no_rule_asks_for_digits_or_signs() -> None:
    passwords.require_good("four plain words here", "marta", None)


def test_a_generated_password_is_good_and_never_the_same() -> None:
    made = {passwords.generated() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        passwords.require_good(password)
