"""How the product is used, how it is set, and what was done: for admins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, SecretStr

from auth import audit, usage
from auth.person import Person
from config.settings import settings
from server.api.access import ERRORS, allowed
from server.api.paging import Cursor, Limit, Listed, after, cursor
from server.api.texts import Words

router = APIRouter(prefix="/admin", tags=["oversight"], responses=ERRORS)
SeesUsers = Annotated[Person, Depends(allowed("users"))]
SeesSettings = Annotated[Person, Depends(allowed("settings"))]
SeesAudit = Annotated[Person, Depends(allowed("audit"))]
Days = Annotated[int, Query(ge=1, le=400, description="How many days back.")]


class Setting(BaseModel):
    """A setting as it is in force; a secret shows only whether it is set."""

    name: str
    value: str | int | float | bool | None
    secret: bool
    source: Literal["environment", "default"]
    description: str


class Entry(BaseModel):
    """A row of the audit trail."""

    id: int
    at: datetime
    actor: str
    address: str | None
    action: str
    object: str
    outcome: str
    detail: dict[str, Any]


@router.get("/users/analytics", summary="See how the product is used")
def analytics(_: SeesUsers, days: Days = 30) -> dict[str, Any]:
    """People, page views, sign-ins and sessions of that many days."""
    return usage.analytics(days)


@router.get("/config", summary="List every setting")
def config(_: SeesSettings) -> Listed[Setting]:
    """In the order of docs/settings.md."""
    chosen = settings()
    return Listed(
        items=[_setting(name, getattr(chosen, name)) for name in chosen.__class__.model_fields]
    )


@router.get("/audit", summary="Search the audit trail")
def trail(
    _: SeesAudit,
    action: Words = "",
    actor: Words = "",
    words: Words = "",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Listed[Entry]:
    """Newest first; `action` is the beginning of one, such as `user.`."""
    rows = audit.recent(
        action=action, actor=actor, words=words, before=after(cursor), limit=limit + 1
    )
    return _page(rows, limit)


def _page(rows: Any, limit: int) -> Listed[Entry]:
    more = cursor(rows[limit - 1]["id"]) if len(rows) > limit else None
    return Listed(items=[Entry(**row) for row in rows[:limit]], next=more)


def _setting(name: str, value: Any) -> Setting:
    field = settings().__class__.model_fields[name]
    secret = "SecretStr" in str(field.annotation)
    shown = value if isinstance(value, str | int | float | bool | None) else str(value)
    if secret:
        shown = None if value is None else "********"
    assert not isinstance(shown, SecretStr)
    source: Literal["environment", "default"] = (
        "environment" if name in settings().model_fields_set else "default"
    )
    return Setting(name=name.upper(), value=shown, secret=secret, source=source,
                   description=field.description or "")  # fmt: skip
