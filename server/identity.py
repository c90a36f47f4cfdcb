"""From a request to the person it comes from."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Scope

from auth import sessions
from auth.people import Person

STREAMLIT_USER = "_streamlit_user"


def token_in(scope: Scope) -> str | None:
    """The session cookie's value, None without one."""
    return cookie_in(scope, sessions.COOKIE)


def cookie_in(scope: Scope, wanted: str) -> str | None:
    """A cookie's value, None without one."""
    for line in Headers(scope=scope).getlist("cookie"):
        for part in line.split(";"):
            name, _, value = part.strip().partition("=")
            if name == wanted:
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
    headers = [_without_streamlit(pair) for pair in scope["headers"]
               if not pair[0].lower().startswith(b"x-sentia-")]  # fmt: skip
    for name, value in ours.items():
        if value is not None:
            headers.append((f"x-sentia-{name}".encode(), value.encode("latin-1", "replace")))
    return {**scope, "headers": headers}


def _without_streamlit(pair: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """Streamlit's own identity cookie is good for 30 days and cannot be withdrawn: nobody has one.

    Whoever brings one along has it from elsewhere.
    """
    if pair[0].lower() != b"cookie" or STREAMLIT_USER.encode() not in pair[1]:
        return pair
    kept = [part for part in pair[1].split(b";")
            if not part.strip().startswith(STREAMLIT_USER.encode())]  # fmt: skip
    return pair[0], b";".join(kept)


def set_cookie(value: str, seconds: int, secure: bool, name: str = sessions.COOKIE) -> str:
    """A Set-Cookie value that scripts cannot read and other sites' requests do not carry."""
    flags = f"Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
    return f"{name}={value}; {flags}"
