"""Where Prometheus and others that speak to an Alertmanager post their alerts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Depends, HTTPException, Response
from pydantic import BaseModel, Field

from alerts import receiver
from auth import audit
from auth.person import Person
from server.api.access import ERRORS, allowed
from server.api.texts import Sentences, Words

router = APIRouter(prefix="/alertmanager/v2", tags=["alerts"], responses=ERRORS)
Posts = Annotated[Person, Depends(allowed("alerts", "acknowledge"))]


class Posted(BaseModel):
    """An alert as Alertmanager's API v2 takes it; one whose end has passed is resolved."""

    labels: dict[Words, Sentences] = Field(description="`alertname` is the rule's name.")
    annotations: dict[Words, Sentences] = {}
    startsAt: datetime | None = None
    endsAt: datetime | None = None
    generatorURL: Sentences = ""


@router.post("/alerts", summary="Take another system's alerts", response_class=Response)
def post_alerts(
    by: Posts, posted: Annotated[list[Posted], Body(max_length=receiver.MOST)]
) -> Response:
    """They fire, are silenced and told like one's own. The answer is empty, as Alertmanager's."""
    try:
        batch = receiver.parse([one.model_dump(mode="json") for one in posted])
    except receiver.NotReceived as error:
        raise HTTPException(422, str(error)) from None
    firing = receiver.receive(batch, datetime.now(UTC))
    audit.record("alert.receive", actor=by, on=f"{len(posted)} alerts", detail={"firing": firing})
    return Response(status_code=200)
