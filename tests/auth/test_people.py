"""Accounts and what changes to them do to sessions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from auth import factors, links, people, sessions
from auth.passwords import PasswordRefused
from auth.people import AccountRefused
from data import database as db

GOOD = "correct horse battery"


def begin(username: str) -> sessions.Opened:
    """Sign somebody in as the page does."""
    opened = sessions.redeem(sessions.ticket(people.find(username)["id"]), "192.0.2.1", "Browser")
    assert opened is not None
    return opened


def actions() -> list[str]:
    return [row["action"] for row in db.read("SELECT action FROM audit ORDER BY id")]


def test_the_first_start_makes_one_admin_and_shows_the_password_once(database: str) -> None:
    password = people.ensure_admin()
    assert password is not None
    assert people.ensure_admin() is None
    assert [(row["username"], row["role"]) for row in people.everyone()] == [("admin", "admin")]


def test_instances_starting_together_make_one_admin(database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: people.ensure_admin(), range(4)))
    assert len([password for password in made if password]) == 1


def test_a_given_admin_password_is_not_told_again(database: str) -> None:
    assert people.ensure_admin("given from outside") is None
    assert people.find("admin")["password_hash"] is not None


def test_usernames_do_not_differ_by_case_or_space(database: str) -> None:
    people.add("  Mia ", "viewer", password=GOOD)
    assert people.find("MIA")["username"] == "mia"
    with pytest.raises(AccountRefused, match="already"):
        people.add("mia", "viewer", password=GOOD)


@pytest.mark.parametrize("username", ["", " ", "a b", "-x", "x" * 65, "mia\nadmin", "<b>"])
def test_a_username_that_could_mislead_is_refused(database: str, username: str) -> None:
    with pytest.raises(AccountRefused):
        people.add(username, "viewer", password=GOOD)


def test_an_unknown_role_is_refused_with_those_there_are(database: str) -> None:
    with pytest.raises(AccountRefused, match="viewer, operator, manager, admin"):
        people.add("mia", "boss", password=GOOD)


@pytest.mark.parametrize(
    "change",
    [
        lambda: people.set_role("mia", "manager"),
        lambda: people.set_password("mia", "another good password"),
        lambda: people.disable("mia"),
    ],
    ids=["role", "password", "disable"],
)
def test_a_change_to_the_account_ends_every_session(database: str, change: object) -> None:
    people.add("mia", "viewer", password=GOOD)
    here, there = begin("mia"), begin("mia")
    assert sessions.resolve(here.token) is not None
    assert callable(change)
    change()
    assert sessions.resolve(here.token) is None
    assert sessions.still_good([here.id, there.id]) == set()


def test_a_ticket_given_before_a_change_buys_nothing_after(database: str) -> None:
    people.add("mia", "viewer", password=GOOD)
    ticket = sessions.ticket(people.find("mia")["id"])
    people.set_role("mia", "manager")
    assert sessions.redeem(ticket, None, None) is None


def test_the_last_admin_stays(database: str) -> None:
    people.ensure_admin()
    with pytest.raises(AccountRefused, match="last admin"):
        people.set_role("admin", "viewer")
    with pytest.raises(AccountRefused, match="last admin"):
        people.disable("admin")
    people.add("mia", "admin", password=GOOD)
    people.disable("admin")


def test_two_admins_who_remove_each_other_at_once_do_not_both_succeed(database: str) -> None:
    people.add("mia", "admin", password=GOOD)
    people.add("noa", "admin", password=GOOD)

    def remove(username: str) -> bool:
        try:
            people.disable(username)
        except AccountRefused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, ["mia", "noa"])) == [False, True]


def test_a_password_with_the_name_in_it_changes_nothing(database: str) -> None:
    people.add("marta", "viewer", password=GOOD)
    before = people.find("marta")["password_hash"]
    with pytest.raises(PasswordRefused):
        people.set_password("marta", "marta is my name")
    assert people.find("marta")["password_hash"] == before


def test_every_change_is_in_the_trail(database: str) -> None:
    people.add("mia", "viewer", password=GOOD)
    people.set_role("mia", "manager")
    people.set_password("mia", "another good password")
    for change in (people.disable, people.disable, people.enable, people.enable):
        change("mia")  # what was so already is no change
    assert actions() == ["user.add", "user.role", "user.password", "user.disable", "user.enable"]
    row = db.one("SELECT actor, object, detail FROM audit WHERE action = 'user.role'")
    assert row is not None
    assert dict(row) == {
        "actor": "command line",
        "object": "mia",
        "detail": {"role": ["viewer", "manager"]},
    }


def test_what_admins_do_to_others_says_to_whom_and_what_was_before(database: str) -> None:
    people.add("ada", "admin", password=GOOD)
    people.add("mia", "viewer", password=GOOD)
    mia = people.find("mia")
    begin("mia")
    session = sessions.live("mia")[0]["id"]
    links.reset("mia", by="ada")
    sessions.revoke(session, "ada")
    factors.remove(mia["id"], "mia", "ada")
    people.disable("mia", by="ada")
    people.enable("mia", by="ada")
    people.delete("mia", by="ada")
    rows = db.read("SELECT action, object, detail FROM audit WHERE actor = 'ada' ORDER BY id")
    assert [(row["action"], row["object"], row["detail"]) for row in rows] == [
        ("link.reset", "mia", {}),
        ("session.revoke", f"session {session}", {"of": "mia"}),
        ("factor.remove", "mia", {"second factor": [False, False]}),
        ("user.disable", "mia", {"disabled": [False, True]}),
        ("user.enable", "mia", {"disabled": [True, False]}),
        ("user.delete", "mia", {"role": ["viewer", None]}),
    ]


def test_an_invited_admin_who_never_came_does_not_make_up_for_the_last_one(database: str) -> None:
    people.add("anna", "admin", password=GOOD)
    people.add("invited", "admin")
    with pytest.raises(AccountRefused, match="last admin"):
        people.delete("anna")
    people.delete("invited")


@pytest.mark.parametrize("wrong", ["anna", "a@b c", "a@b\nBcc: x@y", "<a@b>", "a@b,c@d", "@", "a@"])
def test_what_is_no_address_is_refused(wrong: str, database: str) -> None:
    with pytest.raises(AccountRefused, match="email address"):
        people.add("ben", "viewer", email=wrong)
    assert not [row for row in people.everyone() if row["username"] == "ben"]


def test_a_name_has_one_line_and_an_end(database: str) -> None:
    people.add("ben", "viewer", name="Ben\nadmin signed in" + "x" * 900)
    assert people.find("ben")["name"].startswith("Ben admin")
    assert len(people.find("ben")["name"]) == people.LONGEST_NAME
