"""API tokens: shown once, never above their owner, taken back at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from auth import people, tokens
from auth.person import Person
from auth.tokens import TokenRefused
from data import database as db

DAY = timedelta(days=1)


@pytest.fixture
def mia(database: str) -> Person:
    made = people.add("mia", "manager", password="correct horse battery")
    return Person(made, "mia", "mia", "manager")


def test_a_token_speaks_for_its_owner(mia: Person) -> None:
    person = tokens.resolve(tokens.make(mia, "nightly export", "viewer", DAY), "192.0.2.1")
    assert person is not None
    assert (person.username, person.role, person.session_id) == ("mia", "viewer", None)


def test_the_token_is_stored_nowhere(mia: Person) -> None:
    made = tokens.make(mia, "nightly export", "viewer", DAY)
    for table in ("api_tokens", "audit"):
        assert made not in str(db.read(f"SELECT * FROM {table}"))


def test_a_token_never_ranks_above_its_owner(mia: Person) -> None:
    with pytest.raises(TokenRefused, match="manager"):
        tokens.make(mia, "too much", "admin", DAY)
    made = tokens.make(mia, "as much", "manager", DAY)
    people.set_role("mia", "viewer")
    person = tokens.resolve(made, None)
    assert person is not None
    assert person.role == "viewer"


@pytest.mark.parametrize("change", ["expires_at = now()", "revoked_at = now()"])
def test_an_expired_or_revoked_token_is_nobody(mia: Person, change: str) -> None:
    made = tokens.make(mia, "nightly export", "viewer", DAY)
    db.execute(f"UPDATE api_tokens SET {change}")
    assert tokens.resolve(made, None) is None


def test_the_token_of_a_disabled_person_is_nobody(mia: Person) -> None:
    made = tokens.make(mia, "nightly export", "viewer", DAY)
    people.disable("mia")
    assert tokens.resolve(made, None) is None


def test_revoking_takes_effect_at_once(mia: Person) -> None:
    made = tokens.make(mia, "nightly export", "viewer", DAY)
    assert tokens.resolve(made, None) is not None
    assert tokens.revoke(tokens.listed()[0]["id"], by=mia)
    assert tokens.resolve(made, None) is None
    assert tokens.listed() == []


def test_a_token_works_only_from_the_networks_it_names(mia: Person) -> None:
    made = tokens.make(mia, "x", "viewer", DAY, addresses=["192.0.2.0/24", "2001:db8::1"])
    good = ["192.0.2.77", "2001:db8::1"]
    bad = ["192.0.3.1", "2001:db8::2", None, "", "nonsense"]
    assert all(tokens.resolve(made, address) for address in good)
    assert not any(tokens.resolve(made, address) for address in bad)


@pytest.mark.parametrize("token", [None, "", "x", "sentia_", "sentia_" + "x" * 500])
def test_any_other_token_is_nobody(mia: Person, token: str | None) -> None:
    assert tokens.resolve(token, None) is None


def test_the_last_use_is_noted(mia: Person) -> None:
    made = tokens.make(mia, "x", "viewer", DAY)
    assert tokens.listed()[0]["used_at"] is None
    tokens.resolve(made, "192.0.2.7")
    assert tokens.listed(mia.id)[0]["used_from"] == "192.0.2.7"


@pytest.mark.parametrize(
    ("name", "lasts", "scopes", "addresses"),
    [("", DAY, None, []), ("x", timedelta(0), None, []), ("x", timedelta(days=400), None, []),
     ("x", DAY, ["moon"], []), ("x", DAY, None, ["300.1.1.1"])],
)  # fmt: skip
def test_an_unsound_token_is_refused_in_one_sentence(
    mia: Person, name: str, lasts: timedelta, scopes: list[str] | None, addresses: list[str]
) -> None:
    with pytest.raises(TokenRefused) as caught:
        tokens.make(mia, name, "viewer", lasts, scopes=scopes, addresses=addresses)
    assert str(caught.value).endswith(".")
    assert tokens.listed() == []
