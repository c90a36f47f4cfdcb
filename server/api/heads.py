"""HEAD, on every address that takes GET: the same answer, of which the server sends no body."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

ASKED = "sentia.head"


class Heads:
    """ASGI layer in front of the others, which then see a GET."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; the server knows the request's own method and keeps the body back."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", ASKED: True}
        await self.app(scope, receive, send)
