"""Counts and times what this process does: requests, errors, page runs, open pages."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from components import runs
from data.metrics.application import WINDOW
from server import trouble

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "http_requests", "Requests answered.", ("method", "route", "status"), registry=REGISTRY
)
DURATIONS = Histogram(
    "http_request_duration_seconds", "Time from a request's arrival to the end of its answer.",
    ("method", "route"), buckets=runs.SECONDS, registry=REGISTRY,
)  # fmt: skip
for _series in (runs.DURATIONS, runs.ERRORS):
    REGISTRY.register(_series)
OPEN_PAGES = Gauge("sentia_sessions_open", "Live connections of open pages.", registry=REGISTRY)
# Where a layer that answers itself notes the pattern it answered for.
TEMPLATE = "sentia.template"
_ROUTED = "sentia.routed"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Instrument:
    """ASGI layer that sees every request and connection from its arrival to its end."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Time what passes."""
        if scope["type"] == "http":
            await self._timed(scope, receive, send)
        elif scope["type"] == "websocket":
            with OPEN_PAGES.track_inprogress():
                await self.app(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _timed(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        root = scope.get("root_path", "")
        routed = scope[_ROUTED] = [scope]
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            took = time.perf_counter() - began
            answered(scope["method"], template(routed[-1], root), status, took)


class Routed:
    """Innermost layer: keeps the scope that the router will note its route in.

    Layers between may have handed on a copy.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        if _ROUTED in scope:
            scope[_ROUTED].append(scope)
        await self.app(scope, receive, send)


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answer."""
    method = method if method in _METHODS else "other"
    REQUESTS.labels(method, route, status).inc()
    DURATIONS.labels(method, route).observe(seconds)
    WINDOW.request(route, seconds, status >= 500)


def template(scope: Scope, root: str = "") -> str:
    """The route's pattern, such as `/api/users/{id}`: a path would be a new series each time."""
    if TEMPLATE in scope:
        return str(scope[TEMPLATE])
    route = scope.get("route")
    if route is None:
        return "unmatched"
    before = root if isinstance(route, Mount) else scope.get("root_path", "")
    return f"{before}{getattr(route, 'path', '')}" or "/"


def open_pages() -> int:
    """Live connections at this moment."""
    return int(REGISTRY.get_sample_value("sentia_sessions_open") or 0)


def script_failed(error: Exception) -> bool:
    """Log what broke a script run; the page says so in one sentence."""
    return trouble.show(error)
