"""Accounts and live sessions, for admins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from pydantic import BaseModel

from auth import passwords, people, profiles, sessions
from auth.person import Person
from server.api.access import ERRORS, MISSING, address, allowed, errors
from server.api.paging import Cursor, Limit, Listed, after, cursor
from server.api.texts import Name, Password, Words

router = APIRouter(prefix="/admin", tags=["accounts"], responses=ERRORS)
Role = Literal["viewer", "operator", "manager", "admin"]
SeesUsers = Annotated[Person, Depends(allowed("users"))]
ChangesUsers = Annotated[Person, Depends(allowed("users", "edit"))]
SeesSessions = Annotated[Person, Depends(allowed("sessions"))]
EndsSessions = Annotated[Person, Depends(allowed("sessions", "edit"))]
CONFLICT = errors({409: "Another account or the last admin stands against it."})


class Account(BaseModel):
    """A person's account."""

    username: str
    name: str
    email: str | None
    role: Role
    disabled: bool
    created_at: datetime
    last_signed_in_at: datetime | None
    sessions: int


class NewAccount(BaseModel):
    """An account to make; without a password nobody can sign in to it yet."""

    username: Name
    role: Role
    name: Words = ""
    email: Words | None = None
    password: Password | None = None


class Change(BaseModel):
    """What to change; what is missing stays."""

    role: Role | None = None
    disabled: bool | None = None
    password: Password | None = None
    email: Words | None = None


class Session(BaseModel):
    """A signed-in browser."""

    id: int
    username: str
    name: str
    role: Role
    method: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str | None
    agent: str | None


@router.get("/users", summary="List the accounts")
def list_users(_: SeesUsers, limit: Limit = 100, cursor: Cursor = None) -> Listed[Account]:
    """In the order they were made."""
    start = after(cursor) or 0
    rows = sorted((r for r in people.everyone() if r["id"] > start), key=lambda row: row["id"])
    return _listed(rows, limit, _account)


@router.post("/users", status_code=201, summary="Make an account", responses=CONFLICT)
def add_user(wanted: NewAccount, by: ChangesUsers, response: Response) -> Account:
    """The username must be free."""
    people.add(
        wanted.username,
        wanted.role,
        password=wanted.password,
        name=wanted.name,
        email=wanted.email,
        by=by,
    )
    response.headers["Location"] = "/api/admin/users"
    return _found(wanted.username)


@router.patch("/users/{username}", summary="Change an account", responses=CONFLICT | MISSING)
def change_user(username: Name, change: Change, by: ChangesUsers) -> Account:
    """All of it or nothing; every change but that of the address ends the person's sessions."""
    before, digest = _found(username), None
    if change.password is not None:  # before the transaction: a hash takes its time
        digest = passwords.digested(change.password, before.username, before.name)
    with people.change() as within:
        if digest is not None:
            people.set_digest(username, digest, by, within=within)
        if change.email is not None:
            profiles.change(username, {"email": change.email}, by, within=within)
        if change.role is not None:
            people.set_role(username, change.role, by, within=within)
        if change.disabled is not None:
            shut = people.disable if change.disabled else people.enable
            shut(username, by, within=within)
    return _found(username)


@router.get("/sessions", summary="List who is signed in")
def list_sessions(
    _: SeesSessions, username: Words | None = None, limit: Limit = 100, cursor: Cursor = None
) -> Listed[Session]:
    """Newest first."""
    start = after(cursor)
    rows = [row for row in sessions.live(username) if start is None or row["id"] < start]
    return _listed(rows, limit, lambda row: Session(**row))


@router.delete("/sessions/{id}", status_code=204, summary="End a session", responses=MISSING)
def end_session(
    id: Annotated[int, Path(ge=1, le=2**63 - 1)], by: EndsSessions, request: Request
) -> Response:
    """Its open pages are signed out within five seconds."""
    if not sessions.revoke(id, by, address(request)):
        raise HTTPException(404, "There is no such live session.")
    return Response(status_code=204)


def _found(username: str) -> Account:
    wanted = people.tidy(username)
    for row in people.everyone():
        if row["username"] == wanted:
            return _account(row)
    raise HTTPException(404, "There is no such account.")


def _account(row: Any) -> Account:
    return Account(**{**row, "disabled": row["disabled_at"] is not None})


def _listed(rows: list[Any], limit: int, shown: Any) -> Listed[Any]:
    page = rows[:limit]
    more = cursor(page[-1]["id"]) if len(rows) > limit else None
    return Listed(items=[shown(row) for row in page], next=more)
