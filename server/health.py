"""Whether this process lives, may be sent people, and what it depends on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server import dependencies, system_figures
from server.dependencies import Examined
from server.startup import PROGRESS
from server.version import SERVICE, version

_examiner = dependencies.Examiner()


async def live(_: Request) -> Response:
    """Liveness: answers from memory alone."""
    return _answer({"status": "healthy", **_identity(), "service": SERVICE})


async def ready(_: Request) -> Response:
    """Readiness: the start is done and everything critical answers."""
    examined = [found for found in await _examiner.examine(critical_only=True) if found.critical]
    checks = [_start_check(), *(_check(found) for found in examined)]
    good = all(check["status"] == "healthy" for check in checks)
    return _answer({"ready": good, "timestamp": _now(), "checks": checks}, 200 if good else 503)


async def detailed(_: Request) -> Response:
    """Every dependency with its response time, and the host's figures."""
    examined, system = await asyncio.gather(
        _examiner.examine(), asyncio.to_thread(system_figures.now)
    )
    status = verdict(examined)
    body = {
        "status": status,
        **_identity(),
        "system": system,
        "dependencies": [one.as_json() for found in examined for one in (found, *found.parts)],
    }
    return _answer(body, 503 if status == "unhealthy" else 200)


def verdict(examined: list[Examined]) -> str:
    """Unhealthy when something critical is, degraded when anything is not healthy."""
    if not PROGRESS.done or any(e.critical and e.status == "unhealthy" for e in examined):
        return "unhealthy"
    return "healthy" if all(e.status == "healthy" for e in examined) else "degraded"


def _start_check() -> dict[str, str]:
    if PROGRESS.done:
        return {"name": "start", "status": "healthy"}
    return {"name": "start", "status": "unhealthy", "error": PROGRESS.problem or "starting"}


def _check(found: Examined) -> dict[str, str]:
    check = {"name": found.name, "status": found.status}
    return check | ({"error": found.error} if found.error else {})


def _identity() -> dict[str, Any]:
    return {"timestamp": _now(), "uptime_s": PROGRESS.uptime_s, "version": version()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})
