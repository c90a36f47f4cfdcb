"""From a request to the person it comes from."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Scope

from auth import sessions
from auth.people import Person


def token_in(scope: Scope) -> str | None:
    """The session cookie's value, None without one."""
    for line in Headers(scope=scope).getlist("cookie"):
        for part in line.split(";"):
            name, _, value = part.strip().partition("=")
            if name == sessions.COOKIE:
                return value.strip('"') or None
    return None


async def person_of(request: HTTPConnection | Scope) -> Person | None:
    """Who is signed in by the cookie of this request. Raises DatabaseUnavailable."""
    scope = request.scope if isinstance(request, HTTPConnection) else request
    token = token_in(scope)
    return await run_in_threadpool(sessions.resolve, token) if token else None


def address_of(scope: Scope) -> str | None:
    """Where the request comes from; server/proxies.py has corrected it before."""
    client = scope.get("client")
    return None if client is None else str(client[0])


def is_https(scope: Scope) -> bool:
    """Whether the browser speaks https, to us or to a trusted proxy."""
    return scope.get("scheme") in ("https", "wss")


def told(scope: Scope, **ours: str | None) -> dict[str, Any]:
    """A copy of the scope whose x-sentia-* headers are ours alone, never the browser's."""
    headers = [pair for pair in scope["headers"] if not pair[0].lower().startswith(b"x-sentia-")]
    for name, value in ours.items():
        if value is not None:
            headers.append((f"x-sentia-{name}".encode(), value.encode("latin-1", "replace")))
    return {**scope, "headers": headers}


def set_cookie(token: str, seconds: int, secure: bool) -> str:
    """A Set-Cookie value that scripts cannot read and other sites' requests do not carry."""
    flags = f"Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
    return f"{sessions.COOKIE}={token}; {flags}"
