"""Alerts that fire: seen, acknowledged, silenced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from pydantic import BaseModel, Field

from alerts import labels, people, store
from auth import audit
from auth.person import Person
from server.api.access import ERRORS, MISSING, address, allowed
from server.api.paging import Listed
from server.api.texts import Words

router = APIRouter(prefix="/alerts", tags=["alerts"], responses=ERRORS)
Sees = Annotated[Person, Depends(allowed("alerts"))]
Acknowledges = Annotated[Person, Depends(allowed("alerts", "acknowledge"))]
Silences = Annotated[Person, Depends(allowed("alerts", "silence"))]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]


class Alert(BaseModel):
    """An alert that fires. `quiet`: why it says nothing, null while it may."""

    id: int
    rule: str
    labels: dict[str, str]
    status: str
    severity: str
    condition: str
    description: str
    runbook: str | None
    source: str
    value: float | None
    threshold: float | None
    active_since: datetime
    fired_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    quiet: str | None


class Note(BaseModel):
    """What to write down with it."""

    note: Words = ""


class NewSilence(BaseModel):
    """Alerts that match say nothing until the silence ends."""

    matchers: Words = Field(description='Such as `rule="CPU high", host=~"a|b"`.')
    minutes: int = Field(ge=1, le=366 * 24 * 60)
    reason: Words


class Silence(BaseModel):
    """A silence just made."""

    id: int
    ends_at: datetime


@router.get("", summary="List the alerts that fire")
def list_alerts(_: Sees) -> Listed[Alert]:
    """The most severe first, then the oldest."""
    found = store.open_alerts(datetime.now(UTC))
    return Listed(items=[_shown(one) for one in found])


@router.post("/{id}/acknowledge", summary="Take an alert on", responses=MISSING)
def acknowledge(request: Request, by: Acknowledges, id: Id, note: Note) -> Alert:
    """Repeats and escalation stop; the channels that heard of it are told."""
    now = datetime.now(UTC)
    found = store.alert(id, now)
    if found is None or found.resolved_at is not None:
        raise HTTPException(404, "There is no such alert that fires.")
    if people.acknowledge([id], by.name, note.note, now):
        audit.record("alert.acknowledge", actor=by, on=f"alert {id}", address=address(request))
    return _shown(store.alert(id, now) or found)


@router.post("/silences", status_code=201, summary="Silence alerts that match")
def silence(request: Request, by: Silences, wanted: NewSilence) -> Silence:
    """From now on, for that many minutes."""
    now = datetime.now(UTC)
    ends = now + timedelta(minutes=wanted.minutes)
    try:
        matchers = labels.parse_matchers(wanted.matchers)
        made = people.silence(matchers, now, ends, wanted.reason, by.name)
    except (labels.MatcherError, people.Refused) as error:
        raise HTTPException(422, str(error)) from None
    audit.record("alert.silence", actor=by, on=f"silence {made}", address=address(request),
                 detail={"matchers": wanted.matchers, "minutes": wanted.minutes})  # fmt: skip
    return Silence(id=made, ends_at=ends)


@router.delete("/silences/{id}", status_code=204, summary="End a silence", responses=MISSING)
def end_silence(request: Request, by: Silences, id: Id) -> Response:
    """At once."""
    if not people.end_silence(id, datetime.now(UTC)):
        raise HTTPException(404, "There is no such silence that still lasts.")
    audit.record("alert.unsilence", actor=by, on=f"silence {id}", address=address(request))
    return Response(status_code=204)


def _shown(alert: Any) -> Alert:
    return Alert(**{name: getattr(alert, name) for name in Alert.model_fields})
