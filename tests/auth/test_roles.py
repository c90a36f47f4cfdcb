"""The one table of permissions says what the specification says."""

from __future__ import annotations

import pytest

from auth import roles
from auth.person import Person

# Row by row as the product is specified; an admin has everything.
SPECIFIED = {
    "overview": ({"read"}, {"read"}, {"read"}),
    "business": ({"read"}, set(), {"read", "set_targets", "save_scenarios", "import"}),
    "finance": ({"read"}, set(), {"read", "set_targets", "save_scenarios", "import"}),
    "inventory": ({"read"}, set(), {"read", "set_targets", "save_scenarios", "import"}),
    "forecasts": ({"read"}, set(), {"read", "set_targets", "save_scenarios"}),
    "production": ({"read"}, {"read", "enter"}, {"read", "enter", "plan"}),
    "performance": (set(), {"read"}, {"read"}),
    "alerts": (
        {"read"},
        {"read", "acknowledge", "silence"},
        {"read", "acknowledge", "silence", "edit"},
    ),
    "integrations": (set(), set(), {"read", "sync"}),
    "explore": ({"read"}, {"read"}, {"read"}),
    "workflows": (set(), set(), {"read", "edit", "approve"}),
    "reports": (set(), set(), {"read", "edit", "approve"}),
    "users": (set(), set(), set()),
    "sessions": (set(), set(), set()),
    "audit": (set(), set(), set()),
    "settings": (set(), set(), set()),
    "backups": (set(), set(), set()),
}


@pytest.mark.parametrize("resource", SPECIFIED)
def test_a_role_may_do_what_is_specified_and_nothing_else(resource: str) -> None:
    for role, expected in zip(roles.ROLES[:3], SPECIFIED[resource], strict=True):
        held = {action for action in roles.ACTIONS[resource] if roles.can(role, resource, action)}
        assert held == expected, role


def test_every_resource_of_the_table_is_specified() -> None:
    assert roles.ACTIONS.keys() == SPECIFIED.keys()


def test_an_admin_may_do_everything_that_exists() -> None:
    for resource, actions in roles.ACTIONS.items():
        assert all(roles.can("admin", resource, action) for action in actions)


@pytest.mark.parametrize(
    ("role", "resource", "action"),
    [("admin", "nothing", "read"), ("admin", "users", "fly"), ("root", "users", "read"),
     ("", "overview", "read")],
)  # fmt: skip
def test_what_nobody_ever_named_is_denied(role: str, resource: str, action: str) -> None:
    assert not roles.can(role, resource, action)


def test_a_denial_says_in_one_sentence_who_can_grant_it() -> None:
    with pytest.raises(roles.PermissionDenied) as caught:
        roles.require(Person(1, "vera", "Vera", "viewer"), "users", "read")
    assert str(caught.value) == (
        "Your role, viewer, may not open users; an admin can grant it on the Users page."
    )


def test_a_token_reaches_only_what_its_scopes_name() -> None:
    person = Person(1, "a", "A", "admin", scopes=frozenset({"business"}))
    roles.require(person, "business", "read")
    with pytest.raises(roles.PermissionDenied):
        roles.require(person, "users", "read")
