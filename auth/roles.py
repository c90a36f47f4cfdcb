"""Who may do what: the one table of permissions, asked by pages, commands and HTTP alike."""

from __future__ import annotations

from typing import Protocol

ROLES = ("viewer", "operator", "manager", "admin")

# Every action that exists on a resource; an admin has them all.
ACTIONS: dict[str, tuple[str, ...]] = {
    "overview": ("read",),
    "business": ("read", "set_targets", "save_scenarios", "import"),
    "finance": ("read", "set_targets", "save_scenarios", "import"),
    "inventory": ("read", "set_targets", "save_scenarios", "import"),
    "forecasts": ("read", "set_targets", "save_scenarios"),
    "production": ("read", "enter", "plan", "set_targets", "edit", "import"),
    "performance": ("read", "edit"),
    "alerts": ("read", "acknowledge", "silence", "edit"),
    "integrations": ("read", "sync", "edit", "credentials"),
    "explore": ("read",),
    "workflows": ("read", "edit", "approve"),
    "reports": ("read", "edit", "approve"),
    "users": ("read", "edit"),
    "sessions": ("read", "edit"),
    "audit": ("read",),
    "settings": ("read", "edit"),
    "backups": ("read", "edit"),
}

_PLANNED = ("read", "set_targets", "save_scenarios", "import")
_GRANTED: dict[str, dict[str, tuple[str, ...]]] = {
    "overview": {"viewer": ("read",), "operator": ("read",), "manager": ("read",)},
    "business": {"viewer": ("read",), "manager": _PLANNED},
    "finance": {"viewer": ("read",), "manager": _PLANNED},
    "inventory": {"viewer": ("read",), "manager": _PLANNED},
    "forecasts": {"viewer": ("read",), "manager": ("read", "set_targets", "save_scenarios")},
    "production": {
        "viewer": ("read",),
        "operator": ("read", "enter"),
        "manager": ("read", "enter", "plan"),
    },
    "performance": {"operator": ("read",), "manager": ("read",)},
    "alerts": {
        "viewer": ("read",),
        "operator": ("read", "acknowledge", "silence"),
        "manager": ("read", "acknowledge", "silence", "edit"),
    },
    "integrations": {"manager": ("read", "sync")},
    "explore": {"viewer": ("read",), "operator": ("read",), "manager": ("read",)},
    "workflows": {"manager": ("read", "edit", "approve")},
    "reports": {"manager": ("read", "edit", "approve")},
}

_WORDS = {
    "read": "open {}",
    "enter": "enter data in {}",
    "plan": "plan in {}",
    "set_targets": "set targets in {}",
    "save_scenarios": "save scenarios in {}",
    "acknowledge": "acknowledge {}",
    "silence": "silence {}",
    "edit": "change {}",
    "sync": "synchronise {}",
    "credentials": "change the credentials of {}",
    "approve": "approve {}",
    "import": "import into {}",
}


class PermissionDenied(Exception):
    """A role that may not do this; its text is one sentence that names who can grant it."""

    def __init__(self, role: str, resource: str, action: str) -> None:
        self.role, self.resource, self.action = role, resource, action
        what = _WORDS.get(action, f"{action} {{}}").format(resource)
        super().__init__(
            f"Your role, {role}, may not {what}; an admin can grant it on the Users page."
        )


class HasRole(Protocol):
    """Whoever acts: a person, or a token's owner."""

    @property
    def role(self) -> str:
        """One of ROLES."""

    @property
    def scopes(self) -> frozenset[str] | None:
        """Resources that a token is limited to."""


def can(role: str, resource: str, action: str = "read") -> bool:
    """Whether the role holds the permission; an unknown role, resource or action never does."""
    if action not in ACTIONS.get(resource, ()):
        return False
    return role == "admin" or action in _GRANTED.get(resource, {}).get(role, ())


def require(person: HasRole, resource: str, action: str = "read") -> None:
    """Raise PermissionDenied unless the person's role, and their token's scopes, allow it."""
    scoped_out = person.scopes is not None and resource not in person.scopes
    if scoped_out or not can(person.role, resource, action):
        raise PermissionDenied(person.role, resource, action)


def rank(role: str) -> int:
    """How much a role may, from 0; a token may not rank above its owner."""
    return ROLES.index(role)
