"""What people say of themselves: name, address for links, zone, theme, start page."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import Connection, RowMapping, text
from sqlalchemy.exc import IntegrityError

from auth import audit, people
from auth.people import AccountRefused

_PROFILE = ("name", "email", "zone", "theme", "start_page")


def change(
    username: str, changes: dict[str, str | None], by: Any, *, within: Connection | None = None
) -> None:
    """Change name, email, zone, theme or start page; None clears. Raises AccountRefused.

    An address that somebody gives themself is theirs for links alone: it takes in no identity.
    """
    wanted = {key: audit.one_line(value or "").strip() or None for key, value in changes.items()}
    if unknown := wanted.keys() - set(_PROFILE):
        raise AccountRefused(f"A profile has no {sorted(unknown)[0]}.")
    if "name" in wanted and not 0 < len(wanted["name"] or "") <= people.LONGEST_NAME:
        raise AccountRefused(f"A name has 1 to {people.LONGEST_NAME} characters; enter one.")
    if wanted.get("zone") not in (None, *available_timezones()):
        raise AccountRefused("There is no such time zone; choose one such as Europe/London.")
    if wanted.get("theme") not in (None, "light", "dark", "system"):
        raise AccountRefused("There is no such theme; choose light, dark or system.")
    people.addressable(wanted.get("email"))
    try:
        with people.change(within) as opened:
            user = people.locked(opened, username)
            changed = {k: [user[k], v] for k, v in wanted.items() if user[k] != v}
            if not changed:
                return
            sets = [f"{name} = :{name}" for name in changed]
            if "email" in changed:
                sets.append("email_vouched = :vouched")
            given = {**wanted, "id": user["id"], "vouched": _vouches(by, user)}
            opened.execute(text(f"UPDATE users SET {', '.join(sets)} WHERE id = :id"), given)
            audit.record("user.profile", actor=by, on=user["username"], detail=changed,
                         opened=opened)  # fmt: skip
    except IntegrityError:
        raise AccountRefused("Another account has that email address.") from None


def _vouches(by: Any, user: RowMapping) -> bool:
    """Whether an address given by them may lead an identity of that address to the account."""
    return bool(user["role"] == "admin" or getattr(by, "id", None) != user["id"])
