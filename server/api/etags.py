"""Entity tags: who asks again for what has not changed is told so, without the body."""

from __future__ import annotations

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LARGEST = 4 * 1024 * 1024


class EntityTags:
    """ASGI layer for JSON answers to GET; streams pass through untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold a whole JSON body back for its tag."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        held = _Held(send, Headers(scope=scope).get("if-none-match", ""))
        await self.app(scope, receive, held.send)


class _Held:
    def __init__(self, send: Send, known: str) -> None:
        self.forward = send
        self.known = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        self.start: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _tagged(message):
            self.start = message
        elif self.start is None:
            await self.forward(message)
        else:
            start, self.start = self.start, None
            await self._answer(start, message)

    async def _answer(self, start: Message, message: Message) -> None:
        """JSON answers come in one piece; only then is the tag that of the whole."""
        if not message.get("more_body"):
            tag = f'"{hashlib.sha256(message.get("body", b"")).hexdigest()[:32]}"'
            headers = MutableHeaders(scope=start)
            headers["ETag"] = tag
            headers["Cache-Control"] = "private, no-cache"
            if tag in self.known or "*" in self.known:
                start = {**start, "status": 304}
                message = {**message, "body": b""}
                del headers["content-length"]
        await self.forward(start)
        await self.forward(message)


def _tagged(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return (
        start["status"] == 200
        and headers.get("content-type", "").startswith("application/json")
        and int(headers.get("content-length", _LARGEST + 1)) <= _LARGEST
    )
