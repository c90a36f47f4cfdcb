"""Whether this process lives, may be sent people, and what it depends on."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse

from server.startup import PROGRESS
from server.version import SERVICE, version


async def live(_: Request) -> JSONResponse:
    """Liveness: answers from memory alone."""
    return JSONResponse(
        {
            "status": "healthy",
            "timestamp": datetime.now(UTC).isoformat(),
            "uptime_s": PROGRESS.uptime_s,
            "service": SERVICE,
            "version": version(),
        }
    )


async def ready(_: Request) -> JSONResponse:
    """Readiness: start done."""
    return JSONResponse({"ready": PROGRESS.done}, 200 if PROGRESS.done else 503)
