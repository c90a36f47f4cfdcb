"""Counts and times what this process does: requests, errors, page runs, open pages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.metrics.application import WINDOW
from server import trouble

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30)
REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "http_requests", "Requests answered.", ("method", "route", "status"), registry=REGISTRY
)
DURATIONS = Histogram(
    "http_request_duration_seconds", "Time from a request's arrival to the end of its answer.",
    ("method", "route"), buckets=_SECONDS, registry=REGISTRY,
)  # fmt: skip
PAGE_RUNS = Histogram(
    "sentia_page_run_duration_seconds", "Time one run of the script took for a page.",
    ("page",), buckets=_SECONDS, registry=REGISTRY,
)  # fmt: skip
PAGE_ERRORS = Counter(
    "sentia_page_run_errors", "Runs of the script that broke.", ("page",), registry=REGISTRY
)
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


@contextmanager
def page_run(slug: str) -> Iterator[None]:
    """Time one run of the script for a page; stopping or rerunning it is no error."""
    began = time.perf_counter()
    failed = False
    try:
        yield
    except Exception:
        failed = True
        raise
    finally:
        took = time.perf_counter() - began
        PAGE_RUNS.labels(slug).observe(took)
        PAGE_ERRORS.labels(slug).inc(failed)
        WINDOW.page(slug, took, failed)


def open_pages() -> int:
    """Live connections at this moment."""
    return int(REGISTRY.get_sample_value("sentia_sessions_open") or 0)


def script_failed(error: Exception) -> bool:
    """Log what broke a script run; the page says so in one sentence."""
    return trouble.show(error)
