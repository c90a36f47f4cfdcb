"""Every HTTP route beside the pages, and the layers each request passes."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Route

from config.settings import settings
from server import health, prometheus, signin
from server.api.mount import mounted
from server.assets import Assets
from server.document import Document
from server.instrument import Instrument, Routed
from server.nowhere import Nowhere
from server.proxies import Proxies
from server.security import Gate
from server.single_sign_on import SingleSignOn
from server.sockets import Doors


def everything() -> list[BaseRoute]:
    """Routes that win over page URLs."""
    return [
        *signin.routes(),
        Route("/health", health.live),
        Route("/health/ready", health.ready),
        Route("/health/detailed", health.detailed),
        Route("/metrics", prometheus.metrics),
        Route("/api/health", health.live),
        mounted("/api"),
        Route("/monitoring/dashboard.html", _to_performance),
    ]


def middleware() -> list[Middleware]:
    """Outermost first."""
    chosen = settings()
    document = Document(chosen.company_name)
    return [
        Middleware(Proxies, trusted=chosen.trusted_proxies),
        Middleware(Instrument),
        Middleware(Gate, settings=chosen, page=document.plain.decode()),
        Middleware(SingleSignOn),
        Middleware(Assets, document=document),
        Middleware(Nowhere),
        Middleware(Doors),
        Middleware(Routed),
    ]


async def _to_performance(_: Request) -> RedirectResponse:
    """The address that the former system's monitoring page had."""
    return RedirectResponse("/performance", 301)
