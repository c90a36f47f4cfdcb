"""Single sign-on: which account a vouched identity is, and in which role."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auth import factors, identities, people, profiles, sessions, tokens
from auth.identities import Vouched
from auth.person import Person
from auth.signin import Outcome
from config import settings as settings_module
from data import database as db

ISSUER = "https://id.example.com"


@pytest.fixture(autouse=True)
def provider(database: str, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    chosen(monkeypatch, SENTIA_OIDC_METADATA_URL=f"{ISSUER}/x", SENTIA_OIDC_CLIENT_ID="sentia")
    return monkeypatch


def chosen(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings_module.settings.cache_clear()


def claims(subject: str = "7", **more: Any) -> dict[str, Any]:
    return {"iss": ISSUER, "sub": subject, **more}


def come(subject: str = "7", **more: Any) -> Outcome:
    return identities.admit(identities.vouched(claims(subject, **more)), "192.0.2.1")


def who(outcome: Outcome) -> tuple[str, str]:
    opened = sessions.redeem(outcome.ticket or "", "192.0.2.1", "Browser")
    assert opened is not None, outcome
    person = sessions.resolve(opened.token)
    assert person is not None
    return person.username, person.role


def test_without_a_mapping_nobody_new_comes_in() -> None:
    assert come(email="eve@example.com", email_verified=True).problem == "no role"
    assert db.scalar("SELECT count(*) FROM users") == 0


def test_whoever_the_provider_lets_in_may_look_where_that_is_set(
    provider: pytest.MonkeyPatch,
) -> None:
    chosen(provider, SENTIA_OIDC_DEFAULT_ROLE="viewer")
    assert who(come(preferred_username="Eve")) == ("eve", "viewer")


def test_the_highest_of_several_roles_counts(provider: pytest.MonkeyPatch) -> None:
    chosen(provider, SENTIA_OIDC_ROLES="a=viewer,b=manager,c=operator")
    assert who(come(roles=["a", "b", "c", "d"]))[1] == "manager"


@pytest.mark.parametrize(
    ("claim", "given"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["x"]}}),
        ("https://example.com/roles", {"https://example.com/roles": ["x"]}),
        ("role", {"role": "x"}),
    ],
)
def test_roles_are_found_where_each_provider_puts_them(
    claim: str, given: dict[str, Any], provider: pytest.MonkeyPatch
) -> None:
    chosen(provider, SENTIA_OIDC_ROLES="x=operator", SENTIA_OIDC_ROLE_CLAIM=claim)
    assert who(come(**given))[1] == "operator"


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_unverified_address_takes_over_no_account(
    verified: object, provider: pytest.MonkeyPatch
) -> None:
    people.add("anna", "admin", email="anna@example.com")
    chosen(provider, SENTIA_OIDC_DEFAULT_ROLE="viewer")
    come_in = come(email="Anna@example.com", email_verified=verified, preferred_username="anna")
    username, role = who(come_in)
    assert username.startswith("sso-")
    assert role == "viewer"


def test_a_verified_address_leads_to_the_account_an_admin_made_for_it_once() -> None:
    people.add("anna", "manager", email="anna@example.com")
    assert who(come("7", email="Anna@example.com", email_verified=True)) == ("anna", "manager")
    assert who(come("7")) == ("anna", "manager")
    assert come("8", email="anna@example.com", email_verified=True).problem == "taken"


def test_an_identity_is_of_its_issuer(provider: pytest.MonkeyPatch) -> None:
    chosen(provider, SENTIA_OIDC_DEFAULT_ROLE="viewer")
    first = who(come("7"))
    other = identities.admit(Vouched("https://other.example.com", "7"), None)
    assert who(other) != first


def test_disabled_and_deleted_accounts_stay_out(provider: pytest.MonkeyPatch) -> None:
    chosen(provider, SENTIA_OIDC_DEFAULT_ROLE="viewer")
    assert who(come("7", preferred_username="ben"))[0] == "ben"
    people.disable("ben")
    assert come("7").problem == "shut"
    people.delete("ben")
    assert come("7", preferred_username="ben").problem == "shut"
    people.add("benny", "operator", email="ben@example.com")
    assert who(come("7", email="ben@example.com", email_verified=True))[0] == "benny"


def test_who_lost_the_role_at_the_provider_loses_open_sessions_and_tokens_too(
    provider: pytest.MonkeyPatch,
) -> None:
    chosen(provider, SENTIA_OIDC_ROLES="x=operator")
    opened = sessions.redeem(come(roles="x").ticket or "", None, None)
    assert opened is not None
    person = sessions.resolve(opened.token)
    assert person is not None
    token = tokens.make(person, "Nightly", "operator", timedelta(days=30))
    assert come(roles="y").problem == "no role"
    assert sessions.resolve(opened.token) is None
    assert tokens.resolve(token, None) is None


def test_the_last_admin_is_not_turned_into_less(provider: pytest.MonkeyPatch) -> None:
    people.add("anna", "admin", email="anna@example.com")
    chosen(provider, SENTIA_OIDC_ROLES="x=operator")
    given: dict[str, Any] = {"email": "anna@example.com", "email_verified": True, "roles": ["x"]}
    assert come(**given).problem == "last admin"
    assert people.find("anna")["role"] == "admin"


@pytest.mark.parametrize(
    ("amr", "whole"), [(["pwd"], False), (["pwd", "otp"], True), (None, False)]
)
def test_required_second_factors_are_ours_unless_the_provider_says_it_had_one(
    amr: object, whole: bool, provider: pytest.MonkeyPatch
) -> None:
    chosen(provider, SENTIA_OIDC_DEFAULT_ROLE="viewer", SENTIA_REQUIRE_MFA="all")
    opened = sessions.redeem(come(amr=amr).ticket or "", None, None)
    person = sessions.resolve(opened.token if opened else None)
    assert person is not None
    assert (person.scopes is None) == whole


def test_a_code_completes_a_sign_in_by_a_provider_as_what_it_is(
    provider: pytest.MonkeyPatch,
) -> None:
    chosen(provider, SENTIA_OIDC_DEFAULT_ROLE="viewer")
    who(come("7"))
    user = db.scalar("SELECT id FROM users")
    db.execute("INSERT INTO second_factors (user_id, sealed, confirmed_at)"
               " VALUES (:id, 'x', now())", id=user)  # fmt: skip
    assert factors.enabled(user)
    outcome = come("7")
    assert outcome.ticket is None
    assert outcome.claim is not None
    method = "SELECT method FROM tickets WHERE purpose = 'second factor'"
    assert db.scalar(method) == sessions.SSO


def test_a_step_up_is_of_the_same_person_asked_just_now(provider: pytest.MonkeyPatch) -> None:
    chosen(provider, SENTIA_OIDC_DEFAULT_ROLE="viewer")
    opened = sessions.redeem(come("7").ticket or "", None, None)
    person = sessions.resolve(opened.token if opened else None)
    assert person is not None
    now = datetime(2026, 3, 1, tzinfo=UTC)
    asked = int((now - timedelta(seconds=30)).timestamp())
    long_ago = int((now - timedelta(hours=1)).timestamp())

    def confirm(subject: str, **more: Any) -> str | None:
        return identities.confirm(identities.vouched(claims(subject, **more)), person, None, now)

    assert confirm("7") == "not asked"
    assert confirm("7", auth_time=long_ago) == "not asked"
    assert confirm("8", auth_time=asked) == "declined"
    assert confirm("7", auth_time=asked) is None


def test_every_end_of_a_sign_in_is_in_the_trail(provider: pytest.MonkeyPatch) -> None:
    assert come(email="eve@example.com", email_verified=True).problem == "no role"
    chosen(provider, SENTIA_OIDC_DEFAULT_ROLE="viewer")
    who(come())
    rows = db.read("SELECT action, outcome FROM audit ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        ("sign_in", "refused"), ("user.add", "done"), ("sign_in", "done")
    ]  # fmt: skip


def test_an_address_that_somebody_typed_themself_takes_in_nobody(
    provider: pytest.MonkeyPatch,
) -> None:
    chosen(provider, SENTIA_OIDC_ROLES="chief=admin")
    mine = people.add("mallory", "viewer", password="correct horse battery")
    mallory = Person(mine, "mallory", "Mallory", "viewer")
    profiles.change("mallory", {"email": "chief@example.com"}, by=mallory)
    chief = {"email": "chief@example.com", "email_verified": True, "roles": ["chief"]}
    assert come("7", **chief).problem == "taken"
    assert people.find("mallory")["role"] == "viewer"
    people.add("anna", "admin", password="correct horse battery")
    anna = Person(people.find("anna")["id"], "anna", "Anna", "admin")
    profiles.change("mallory", {"email": ""}, by=anna)
    profiles.change("mallory", {"email": "chief@example.com"}, by=anna)
    assert who(come("7", **chief)) == ("mallory", "admin")


# Shaped as the providers' own pages show an identity token; values are made up.
CLERK = {
    "iss": "https://clerk.example.com", "sub": "user_2NNEqL2nrIRdJ194ndJqAHwEfxC", "aud": "sentia",
    "email": "anna@example.com", "email_verified": True, "name": "Anna Berg",
    "given_name": "Anna", "family_name": "Berg", "preferred_username": None, "picture": "",
    "public_metadata": {"role": "office"}, "auth_time": 1_700_000_000,
}  # fmt: skip
MICROSOFT = {
    "iss": "https://login.microsoftonline.com/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0",
    "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "aud": "sentia", "ver": "2.0",
    "oid": "00000000-0000-0000-66f3-3332eca7ea81", "tid": "9122040d-6c67-4c5b-b112-36a304b66dad",
    "preferred_username": "anna@example.com", "email": "anna@example.com", "name": "Anna Berg",
    "roles": ["office"], "aio": "Df2UVXL1ix!lMCWMSOJBcFatzcGfvFGhjKv8q5g0x732dR5MB5BisvGQO7YWByjd",
}  # fmt: skip
GOOGLE = {
    "iss": "https://accounts.google.com", "sub": "10769150350006150715113082367", "aud": "sentia",
    "azp": "sentia", "email": "anna@example.com", "email_verified": True, "hd": "example.com",
    "name": "Anna Berg", "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q",
}  # fmt: skip


@pytest.mark.parametrize(
    ("token", "claim", "value"),
    [
        (CLERK, "public_metadata.role", "office"),
        (MICROSOFT | {"xms_edov": True}, "roles", "office"),
        (MICROSOFT | {"xms_edov": "1"}, "roles", "office"),
        (GOOGLE, "hd", "example.com"),
    ],
    ids=["clerk", "microsoft", "microsoft in text", "google"],
)
def test_an_invited_person_comes_in_with_what_each_provider_says(
    token: dict[str, Any], claim: str, value: str, provider: pytest.MonkeyPatch
) -> None:
    chosen(provider, SENTIA_OIDC_ROLES=f"{value}=manager", SENTIA_OIDC_ROLE_CLAIM=claim)
    people.add("anna", "viewer", email="anna@example.com")
    given = identities.vouched(token)
    assert who(identities.admit(given, None)) == ("anna", "manager")
    assert not given.twice


@pytest.mark.parametrize(
    "token",
    [MICROSOFT, MICROSOFT | {"xms_edov": False}, MICROSOFT | {"xms_edov": "0"},
     CLERK | {"email_verified": False, "xms_edov": True}],
)  # fmt: skip
def test_an_address_that_microsoft_does_not_own_leads_to_no_account(token: dict[str, Any]) -> None:
    people.add("anna", "admin", email="anna@example.com")
    assert identities.admit(identities.vouched(token), None).problem == "no role"


def test_microsofts_groups_that_are_too_many_to_tell_give_no_role(
    provider: pytest.MonkeyPatch,
) -> None:
    chosen(provider, SENTIA_OIDC_ROLES="office=manager", SENTIA_OIDC_ROLE_CLAIM="groups")
    many = MICROSOFT | {"_claim_names": {"groups": "src1"}, "hasgroups": True}
    assert identities.admit(identities.vouched(many), None).problem == "no role"


@pytest.mark.parametrize("methods", [["mfa", "pwd"], ["otp"], ["fido"]])
def test_a_provider_that_names_a_second_proof_is_believed(methods: list[str]) -> None:
    assert identities.vouched(claims(amr=methods)).twice
    assert not identities.vouched(claims(amr=["pwd"])).twice
