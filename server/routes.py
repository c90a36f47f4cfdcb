"""Every HTTP route beside the pages, and the layers each request passes."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from server import health


def everything() -> list[BaseRoute]:
    """Routes that win over page URLs."""
    return [
        Route("/health", health.live),
        Route("/health/ready", health.ready),
    ]


def middleware() -> list[Middleware]:
    """Outermost first."""
    return []
