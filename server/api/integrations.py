"""How the vendors' connections stand, and a real probe of each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path
from pydantic import BaseModel

from auth.person import Person
from data.integrations import connections, probe, status
from server.api.access import ERRORS, MISSING, allowed

router = APIRouter(prefix="/integrations", tags=["integrations"], responses=ERRORS)
Sees = Annotated[Person, Depends(allowed("integrations"))]
Tests = Annotated[Person, Depends(allowed("integrations", "sync"))]
Name = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,64}$")]


class Standing(BaseModel):
    """All connections."""

    status: str
    timestamp: datetime
    services: dict[str, dict[str, Any]]
    summary: dict[str, Any]


class Probed(BaseModel):
    """What a live, read-only call found."""

    name: str
    healthy: bool
    response_ms: float
    message: str | None
    checked: datetime


@router.get("/status", summary="See how every connection stands")
def see_status(_: Sees) -> Standing:
    """From the last probes, runs and calls."""
    return Standing(**status.status())


@router.get("/test/{name}", summary="Probe a connection", responses=MISSING)
def probe_by_get(_: Tests, name: Name) -> Probed:
    """A live, read-only call; takes at most ten seconds."""
    return _probed(name)


@router.post("/test/{name}", summary="Probe a connection (as by GET)", responses=MISSING)
def probe_by_post(_: Tests, name: Name) -> Probed:
    """A live, read-only call; takes at most ten seconds."""
    return _probed(name)


def _probed(name: str) -> Probed:
    try:
        return Probed(**probe.test(name))
    except connections.Unknown as error:
        raise HTTPException(404, str(error)) from None
