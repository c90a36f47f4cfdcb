"""Who calls: a bearer token's owner, or an admin by the session cookie of the pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.openapi.utils import get_openapi
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from auth import audit, roles, sessions, signin, tokens
from auth.person import Person

_bearer = HTTPBearer(auto_error=False, description="A token made under Your account.")
_cookie = APIKeyCookie(name=sessions.COOKIE, auto_error=False, description="An admin's session.")
_SIGN_IN = {"WWW-Authenticate": 'Bearer realm="Sentia dashboard"'}


@dataclass(frozen=True)
class Problem:
    """RFC 9457 problem details; every error has this shape."""

    type: str
    title: str
    status: int
    detail: str


def caller(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> Person:
    """The person on whose behalf the request is made; 401 without one."""
    if bearer is not None:
        person = tokens.resolve(bearer.credentials, address(request))
        if person is None:
            raise HTTPException(401, "The token is unknown, expired or revoked.", _SIGN_IN)
        return person
    person = sessions.resolve(cookie)
    if person is None:
        raise HTTPException(401, "A bearer token or an admin's session is needed.", _SIGN_IN)
    if person.role != "admin":
        raise HTTPException(403, "Only an admin's session opens this; others need a token.")
    return person


Caller = Annotated[Person, Depends(caller)]


def allowed(resource: str, action: str = "read") -> Callable[[Request, Person], Person]:
    """A dependency that lets through whoever holds the permission."""

    def check(request: Request, person: Caller) -> Person:
        require(request, person, resource, action)
        _step_up(person, resource, action)
        return person

    return check


def require(request: Request, person: Person, resource: str, action: str = "read") -> None:
    """Raise PermissionDenied, and record that, unless the caller holds the permission."""
    try:
        roles.require(person, resource, action)
    except roles.PermissionDenied:
        audit.record("denied", actor=person, on=f"{resource} {action}", outcome="refused",
                     address=address(request), detail={"path": request.url.path})  # fmt: skip
        raise


def _step_up(person: Person, resource: str, action: str) -> None:
    """Accounts are changed by a token, or in a session whose person confirmed who they are."""
    changes = (resource, action) == ("users", "edit")
    if changes and person.session_id is not None and not signin.stepped_up(person):
        raise HTTPException(403, "Confirm who you are on the Users page, then try again.")


def address(request: Request) -> str | None:
    """Where the request comes from, as server/proxies.py established it."""
    return request.client.host if request.client else None


_SCHEMA = {"$ref": "#/components/schemas/Problem"}


def errors(texts: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """How errors are documented: as problem details, each with its meaning."""
    return {
        status: {"description": text, "content": {"application/problem+json": {"schema": _SCHEMA}}}
        for status, text in texts.items()
    }


# What every protected operation may answer besides its success.
ERRORS = errors(
    {
        400: "The request cannot be understood.",
        401: "No token, or one that is no longer good.",
        403: "The role may not do this.",
        413: "The body is too large.",
        422: "A parameter or the body is wrong.",
        429: "Too many requests; Retry-After says when.",
        503: "The database does not answer.",
    }
)
MISSING = errors({404: "There is no such one."})


def documented(application: FastAPI) -> Callable[[], dict[str, Any]]:
    """The schema, with errors as they really are; FastAPI would describe its own shape."""

    def schema() -> dict[str, Any]:
        if application.openapi_schema is None:
            made = get_openapi(
                title=application.title,
                version=application.version,
                routes=application.routes,
                servers=[{"url": "/api"}],
            )
            made["components"]["schemas"]["Problem"] = _PROBLEM
            for unused in ("HTTPValidationError", "ValidationError"):
                made["components"]["schemas"].pop(unused, None)
            application.openapi_schema = made
        return application.openapi_schema

    return schema


_PROBLEM = {
    "type": "object",
    "description": Problem.__doc__,
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
