"""Accounts: who there is, in which role, and every change to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, RowMapping, text
from sqlalchemy.exc import IntegrityError

from auth import audit, passwords, roles, sessions
from auth.person import Person
from config.settings import settings
from data import database

__all__ = ["AccountRefused", "Person"]
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_EMAIL = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,185}")
LONGEST_NAME = 200


class AccountRefused(Exception):
    """A change to an account that may not be made; its text is one sentence."""


def ensure_admin(password: str | None = None) -> str | None:
    """On an empty database make the first admin; returns the password when one was generated.

    `password` stands in for SENTIA_ADMIN_PASSWORD. Several instances starting together make one.
    """
    if database.scalar("SELECT 1 FROM users LIMIT 1"):
        return None
    given = settings().sentia_admin_password
    chosen = password or (given.get_secret_value() if given else None)
    secret = chosen or passwords.generated()
    with database.transaction() as opened:
        opened.execute(text("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"))
        if opened.execute(text("SELECT 1 FROM users LIMIT 1")).scalar():
            return None
        digest = passwords.hashed(secret)
        insert(opened, "admin", "admin", name="Administrator", digest=digest)
        audit.record("user.add", on="admin", detail={"role": "admin"}, opened=opened)
    return None if chosen else secret


def add(
    username: str,
    role: str,
    *,
    password: str | None = None,
    name: str = "",
    email: str | None = None,
    by: Any = "command line",
) -> int:
    """Make an account and return its id. Raises AccountRefused or PasswordRefused."""
    username = tidy(username)
    if not usable(username):
        raise AccountRefused(
            "The username cannot be used; take letters, digits and . _ @ + - only, at most 64."
        )
    require_role(role)
    email = addressable(email)
    digest = None if password is None else passwords.digested(password, username, name)
    try:
        with database.transaction() as opened:
            shown = audit.one_line(name).strip()[:LONGEST_NAME] or username
            made = insert(opened, username, role, name=shown, email=email, digest=digest)
            audit.record("user.add", actor=by, on=username, detail={"role": role}, opened=opened)
    except IntegrityError:
        raise AccountRefused(
            f"There is already an account with the username {username!r} or that email address."
        ) from None
    return made


def everyone() -> Sequence[RowMapping]:
    """All accounts that were not deleted, by username, with their live sessions counted."""
    return database.read(
        f"""
        SELECT u.id, u.username, u.name, u.email, u.role, u.disabled_at, u.created_at,
               u.last_signed_in_at, u.password_changed_at, count(s.id) AS sessions
        FROM users u LEFT JOIN sessions s ON s.user_id = u.id AND {sessions.LIVE}
        WHERE u.deleted_at IS NULL GROUP BY u.id ORDER BY u.username
        """
    )


def find(username: str) -> RowMapping:
    """The account of that username. Raises AccountRefused when there is none."""
    found = database.one(
        "SELECT * FROM users WHERE username = :username AND deleted_at IS NULL",
        username=tidy(username),
    )
    if found is None:
        raise AccountRefused(f"There is no account {tidy(username)!r}; `users list` shows them.")
    return found


def admins() -> list[str]:
    """Names of those who can grant access."""
    rows = database.read(
        "SELECT name FROM users WHERE role = 'admin' AND disabled_at IS NULL"
        " AND deleted_at IS NULL ORDER BY name LIMIT 3"
    )
    return [row["name"] for row in rows]


@contextmanager
def change(within: Connection | None = None) -> Iterator[Connection]:
    """The caller's transaction, or one of its own that every session is asked anew after."""
    if within is not None:
        yield within
        return
    with database.transaction() as opened:
        yield opened
    sessions.forget()


def set_role(
    username: str, role: str, by: Any = "command line", *, within: Connection | None = None
) -> None:
    """Give another role; every session of the person ends. Raises AccountRefused."""
    require_role(role)
    with change(within) as opened:
        user = locked(opened, username)
        if user["role"] == role:
            return
        _keep_an_admin(opened, user, role)
        opened.execute(
            text("UPDATE users SET role = :role WHERE id = :id"), {"role": role, "id": user["id"]}
        )
        sessions.end_all(opened, user["id"], "role changed")
        changed = {"role": [user["role"], role]}
        audit.record("user.role", actor=by, on=user["username"], detail=changed, opened=opened)


def set_password(username: str, password: str, by: Any = "command line") -> None:
    """Replace the password; every session of the person ends. Raises PasswordRefused."""
    user = find(username)
    set_digest(username, passwords.digested(password, user["username"], user["name"]), by)


def set_digest(username: str, digest: str, by: Any, *, within: Connection | None = None) -> None:
    """The same of a password that was hashed before."""
    with change(within) as opened:
        user = locked(opened, username)
        opened.execute(
            text(
                "UPDATE users SET password_hash = :digest, password_changed_at = now()"
                " WHERE id = :id"
            ),
            {"digest": digest, "id": user["id"]},
        )
        sessions.end_all(opened, user["id"], "password changed")
        audit.record("user.password", actor=by, on=user["username"], opened=opened)


def disable(username: str, by: Any = "command line", *, within: Connection | None = None) -> None:
    """Shut the account; every session of the person ends. Raises AccountRefused."""
    with change(within) as opened:
        user = locked(opened, username)
        if user["disabled_at"] is not None:
            return
        _keep_an_admin(opened, user, None)
        opened.execute(
            text("UPDATE users SET disabled_at = now() WHERE id = :id"), {"id": user["id"]}
        )
        sessions.end_all(opened, user["id"], "account disabled")
        audit.record("user.disable", actor=by, on=user["username"],
                     detail={"disabled": [False, True]}, opened=opened)  # fmt: skip


def enable(username: str, by: Any = "command line", *, within: Connection | None = None) -> None:
    """Open a disabled account again; the person signs in anew."""
    with change(within) as opened:
        user = locked(opened, username)
        if user["disabled_at"] is None:
            return
        opened.execute(
            text("UPDATE users SET disabled_at = NULL WHERE id = :id"), {"id": user["id"]}
        )
        audit.record("user.enable", actor=by, on=user["username"],
                     detail={"disabled": [True, False]}, opened=opened)  # fmt: skip


def delete(username: str, by: Any = "command line") -> None:
    """Take an account away; its row stays for what the trail says of it. Raises AccountRefused."""
    with database.transaction() as opened:
        user = locked(opened, username)
        _keep_an_admin(opened, user, None)
        opened.execute(
            text(
                "UPDATE users SET deleted_at = now(), disabled_at = coalesce(disabled_at, now()),"
                " password_hash = NULL WHERE id = :id"
            ),
            {"id": user["id"]},
        )
        opened.execute(
            text("UPDATE api_tokens SET revoked_at = coalesce(revoked_at, now())"
                 " WHERE user_id = :id"), {"id": user["id"]}
        )  # fmt: skip
        sessions.end_all(opened, user["id"], "account deleted")
        audit.record("user.delete", actor=by, on=user["username"],
                     detail={"role": [user["role"], None]}, opened=opened)  # fmt: skip
    sessions.forget()


def addressable(email: str | None) -> str | None:
    """The address as it is kept, None without one. Raises AccountRefused."""
    kept = (email or "").strip() or None
    if kept is not None and not _EMAIL.fullmatch(kept):
        raise AccountRefused("The email address cannot be read; write one like anna@example.com.")
    return kept


def tidy(username: str) -> str:
    """How usernames are compared: no case, no space around."""
    return username.strip().lower()


def usable(username: str) -> bool:
    """Whether an account may go by that name."""
    return _USERNAME.fullmatch(username) is not None


def require_role(role: str) -> None:
    """Raise AccountRefused unless there is such a role."""
    if role not in roles.ROLES:
        raise AccountRefused(f"There is no role {role!r}; use one of {', '.join(roles.ROLES)}.")


def insert(
    opened: Connection,
    username: str,
    role: str,
    *,
    name: str,
    email: str | None = None,
    digest: str | None = None,
) -> int:
    """The row of a new account, within the caller's transaction; its id."""
    made: int = opened.execute(
        text(
            """
            INSERT INTO users (username, name, email, role, password_hash, password_changed_at)
            VALUES (:username, :name, :email, :role, CAST(:digest AS text),
                    CASE WHEN CAST(:digest AS text) IS NULL THEN NULL ELSE now() END)
            RETURNING id
            """
        ),
        {"username": username, "name": name, "email": email, "role": role, "digest": digest},
    ).scalar_one()
    return made


def locked(opened: Connection, username: str) -> RowMapping:
    """The account's row, held until the transaction ends. Raises AccountRefused."""
    found = (
        opened.execute(
            text(
                "SELECT * FROM users WHERE username = :username AND deleted_at IS NULL FOR UPDATE"
            ),
            {"username": tidy(username)},
        )
        .mappings()
        .first()
    )
    if found is None:
        raise AccountRefused(f"There is no account {tidy(username)!r}; `users list` shows them.")
    return found


def _keep_an_admin(opened: Connection, user: RowMapping, role: str | None) -> None:
    """Raise AccountRefused when nobody could give access any more.

    An admin who was invited and never came cannot.
    """
    if user["role"] != "admin" or role == "admin":
        return
    # Two admins who remove each other at once would otherwise both succeed.
    opened.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('last admin', 0))"))
    others = opened.execute(
        text(
            "SELECT 1 FROM users u WHERE role = 'admin' AND disabled_at IS NULL"
            " AND deleted_at IS NULL AND id <> :id AND (password_hash IS NOT NULL"
            " OR EXISTS (SELECT 1 FROM identities i WHERE i.user_id = u.id)) LIMIT 1"
        ),
        {"id": user["id"]},
    ).scalar()
    if not others:
        raise AccountRefused(
            f"{user['username']} is the last admin who can sign in;"
            " make another account admin first."
        )
