"""Puts the interface together: routes, errors in one shape, limits, entity tags."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response

from auth.passwords import PasswordRefused
from auth.people import AccountRefused
from auth.roles import PermissionDenied
from data.database import DatabaseUnavailable
from server.api import (
    access,
    accounts,
    alertmanager,
    alerts,
    documentation,
    exports,
    figures,
    health,
    integrations,
    oversight,
)
from server.api.etags import EntityTags
from server.api.heads import Heads
from server.api.limits import RateLimit
from server.problems import problem
from server.version import version

_log = structlog.get_logger()
_PARTS = (
    health,
    figures,
    exports,
    alerts,
    alertmanager,
    integrations,
    oversight,
    accounts,
    documentation,
)


def application() -> FastAPI:
    """The FastAPI application; its own pages are off, as they load scripts from elsewhere."""
    made = FastAPI(
        title="Sentia dashboard",
        version=version(),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Its redirects would repeat whatever host the request named.
        redirect_slashes=False,
        middleware=[Middleware(Heads), Middleware(RateLimit), Middleware(EntityTags)],
    )
    for module in _PARTS:
        made.include_router(module.router)
    made.add_exception_handler(HTTPException, _refused)
    made.add_exception_handler(RequestValidationError, _invalid)
    made.add_exception_handler(PermissionDenied, _denied)
    made.add_exception_handler(AccountRefused, _conflict)
    made.add_exception_handler(PasswordRefused, _unfit)
    made.add_exception_handler(DatabaseUnavailable, _unavailable)
    made.add_exception_handler(Exception, _broken)
    made.state.openapi = access.documented(made)
    return made


# What the framework says by itself names no way out.
_UNSAID = {
    "Not Found": "There is no such address; /api/docs lists them.",
    "Method Not Allowed": "This address does not take that method; Allow names those it takes.",
    "There was an error parsing the body": "The body cannot be read; send JSON.",
}


async def _refused(_: Request, error: Any) -> Response:
    detail = _UNSAID.get(error.detail, str(error.detail))
    return problem(error.status_code, detail, error.headers)


async def _invalid(_: Request, error: Any) -> Response:
    fields = [_wrong(one) for one in error.errors()]
    return problem(422, f"{fields[0]['field']}: {fields[0]['reason']}.", errors=fields)


def _wrong(one: dict[str, Any]) -> dict[str, str]:
    """Which field, and why; where a body is no JSON its place in the text means nothing."""
    place = [str(part) for part in one["loc"]]
    named = place[0] if one["type"] == "json_invalid" else ".".join(place[1:]) or place[0]
    return {"field": named, "reason": str(one["msg"]).removeprefix("Value error, ")}


async def _denied(_: Request, error: Any) -> Response:
    return problem(403, str(error))


async def _conflict(_: Request, error: Any) -> Response:
    return problem(409, str(error))


async def _unfit(_: Request, error: Any) -> Response:
    return problem(422, str(error))


async def _unavailable(_: Request, error: Any) -> Response:
    return problem(503, str(error), {"Retry-After": "5"})


async def _broken(request: Request, error: Any) -> Response:
    _log.error("the interface failed", path=request.url.path, exc_info=error)
    return problem(500, "Something broke here; the log says what.")
