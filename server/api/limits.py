"""How often one token or one address may ask, with `Retry-After` for whoever asks more."""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from auth import calls
from config.settings import settings
from data.database import DatabaseUnavailable
from server.problems import problem

_MOST_KNOWN = 20_000


class Buckets:
    """One token bucket a caller: `rate` a minute on average, as many again at once."""

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self.clock = clock
        self._left: dict[bytes, tuple[float, float]] = {}

    def wait_s(self, who: bytes) -> float:
        """0 when the call may be made (and is counted), else seconds until it may be."""
        now = self.clock()
        if len(self._left) > _MOST_KNOWN:
            self._forget(now)
        left, at = self._left.get(who, (float(self.rate), now))
        left = min(self.rate, left + (now - at) * self.rate / 60)
        if left < 1:
            return (1 - left) * 60 / self.rate
        self._left[who] = (left - 1, now)
        return 0.0

    def _forget(self, now: float) -> None:
        """A bucket untouched for a minute is full, as a new one is."""
        self._left = {who: kept for who, kept in self._left.items() if now - kept[1] < 60}


class Shared:
    """The same for the whole fleet: takes a few calls at a time out of a bucket in the database.

    What a process holds of a block is spent within a minute or lapses. While the database is away
    each process counts for itself.
    """

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self.clock = clock
        self.block = max(1, rate // 30)
        self.alone = Buckets(rate, clock)
        # Calls held and until when; or, with none, when it is worth asking again.
        self._held: dict[bytes, tuple[int, float]] = {}

    async def wait_s(self, who: bytes) -> float:
        """0 when the call may be made (and is counted), else seconds until it may be."""
        now = self.clock()
        held, until = self._held.get(who, (0, now))
        if now < until:
            if held == 0:
                return until - now
            self._held[who] = (held - 1, until) if held > 1 else (0, now)
            return 0.0
        try:
            got = await asyncio.to_thread(calls.lease, who, self.rate, self.block)
        except DatabaseUnavailable:
            return self.alone.wait_s(who)
        if len(self._held) > _MOST_KNOWN:
            self._held.clear()
        self._held[who] = (int(got) - 1, now + 60) if got > 1 else (0, now - min(got, 0.0))
        return max(0.0, -got)


class RateLimit:
    """ASGI layer around the interface; health is asked by machines and not counted.

    A token has its bucket; an address has a larger one, which guessing tokens empties.
    """

    def __init__(self, app: ASGIApp, rate: int | None = None) -> None:
        self.app = app
        rate = rate or settings().api_calls_per_minute
        self.tokens = Shared(rate)
        self.addresses = Shared(rate * 5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse with 429 or pass on."""
        wait_s = 0.0
        if scope["type"] == "http" and not scope["path"].endswith("/health"):
            wait_s = await self._wait_s(scope)
        if wait_s == 0:
            await self.app(scope, receive, send)
            return
        after = str(math.ceil(wait_s))
        refusal = problem(429, f"Too many calls; try again in {after} s.", {"Retry-After": after})
        await refusal(scope, receive, send)

    async def _wait_s(self, scope: Scope) -> float:
        host = scope["client"][0] if scope.get("client") else ""
        given = Headers(scope=scope).get("authorization", host)
        wait_s = await self.addresses.wait_s(b"address " + host.encode())
        return wait_s or await self.tokens.wait_s(hashlib.sha256(given.encode()).digest())
