"""Loads the interface at its first request: nobody's start waits for it."""

from __future__ import annotations

import asyncio
import re

from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send


def mounted(prefix: str) -> Mount:
    """The interface under `prefix`, whatever a path holds: a line break would slip past a mount."""
    made = Mount(prefix, Interface())
    made.path_regex = re.compile(made.path_regex.pattern, re.DOTALL)
    return made


class Interface:
    """ASGI application under `/api`."""

    def __init__(self) -> None:
        self._made: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make it once, then pass everything on."""
        if self._made is None:
            self._made = await asyncio.to_thread(self._make)
        await self._made(scope, receive, send)

    def _make(self) -> ASGIApp:
        from server.api.application import application

        return self._made or application()
