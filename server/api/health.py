"""`/api/health`, the one operation without a token."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from server import health

router = APIRouter(tags=["health"])


class Live(BaseModel):
    """The process lives."""

    status: str
    timestamp: datetime
    uptime_s: float
    service: str
    version: str


@router.get("/health", response_model=Live, summary="Whether the process lives")
async def live(request: Request) -> Response:
    """Answers from memory alone."""
    return await health.live(request)
