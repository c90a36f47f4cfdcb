"""`manage.py users`: accounts and their sessions."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from auth import people, sessions
from auth.passwords import PasswordRefused
from auth.people import AccountRefused
from commands import Refusal

app = typer.Typer(no_args_is_help=True, help="Accounts and their sessions.")

_BY = "command line"
_ROLES = "viewer, operator, manager or admin."
Username = Annotated[str, typer.Argument(help="The name the person signs in with.")]
Password = Annotated[
    str | None,
    typer.Option(help="The password; without it, it is asked for or read from standard input."),
]


@app.command("list")
def list_users() -> None:
    """Show all accounts."""
    rows = [
        (
            row["username"],
            row["role"],
            "disabled" if row["disabled_at"] else "active",
            _when(row["last_signed_in_at"]),
            str(row["sessions"]),
            row["name"],
        )
        for row in people.everyone()
    ]
    _table(("username", "role", "state", "last signed in", "sessions", "name"), rows)


@app.command()
def add(  # noqa: PLR0917
    username: Username,
    as_role: Annotated[str, typer.Argument(metavar="[ROLE]", help=_ROLES)] = "viewer",
    role: Annotated[str | None, typer.Option(help=_ROLES)] = None,
    password: Password = None,
    name: Annotated[str, typer.Option(help="The name shown to others.")] = "",
    email: Annotated[str | None, typer.Option(help="Where links are sent.")] = None,
) -> None:
    """Make an account."""
    role = role or as_role
    with _in_words():
        people.require_role(role)
        people.add(username, role, password=_secret(password), name=name, email=email, by=_BY)
    print(f"{people.tidy(username)} can sign in as {role}.")


@app.command("set-role")
def set_role(
    username: Username,
    to: Annotated[str, typer.Argument(metavar="[ROLE]", help=_ROLES)] = "",
    role: Annotated[str, typer.Option(help=_ROLES)] = "",
) -> None:
    """Give another role; the person signs in again."""
    with _in_words():
        people.set_role(username, role or to, by=_BY)
    print(f"{people.tidy(username)} is {role or to} now.")


@app.command("set-password")
def set_password(username: Username, password: Password = None) -> None:
    """Replace the password; the person signs in again."""
    with _in_words():
        people.find(username)
        people.set_password(username, _secret(password), by=_BY)
    print(f"{people.tidy(username)} has a new password.")


@app.command()
def disable(username: Username) -> None:
    """Shut an account; its sessions end."""
    with _in_words():
        people.disable(username, by=_BY)
    print(f"{people.tidy(username)} can no longer sign in.")


@app.command()
def enable(username: Username) -> None:
    """Open a disabled account again."""
    with _in_words():
        people.enable(username, by=_BY)
    print(f"{people.tidy(username)} can sign in again.")


@app.command("sessions")
def list_sessions(
    username: Annotated[str | None, typer.Argument(help="Of this person only.")] = None,
) -> None:
    """Show who is signed in."""
    with _in_words():
        wanted = None if username is None else people.find(username)["username"]
    rows = [
        (
            str(row["id"]),
            row["username"],
            row["role"],
            _when(row["created_at"]),
            _when(row["seen_at"]),
            row["address"] or "",
            row["agent"] or "",
        )
        for row in sessions.live(wanted)
    ]
    _table(("id", "username", "role", "since", "last seen", "address", "browser"), rows)


@app.command()
def revoke(
    target: Annotated[str, typer.Argument(help="A session's id, or a username for all of theirs.")],
) -> None:
    """End a session, or all of a person's."""
    if target.isdigit():
        if not sessions.revoke(int(target), by=_BY):
            raise Refusal(f"There is no live session {target}; `users sessions` shows them.")
        print(f"Session {target} has ended.")
        return
    with _in_words():
        user = people.find(target)
    ended = sessions.revoke_all(user["id"], user["username"], by=_BY)
    print(f"{ended} session{'' if ended == 1 else 's'} of {user['username']} ended.")


class _in_words:
    """Refusals of a room below, as the command line tells them."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _: Any, error: BaseException | None, __: Any) -> None:
        if isinstance(error, AccountRefused | PasswordRefused):
            raise Refusal(str(error)) from None


def _secret(given: str | None) -> str:
    """From the option, the terminal (twice) or standard input, in this order."""
    if given is not None:
        return given
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise Refusal("The two passwords differ; nothing was changed.")
    return first


def _when(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
