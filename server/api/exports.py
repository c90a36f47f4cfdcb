"""Whole datasets as CSV, however many rows, streamed by PostgreSQL itself."""

from __future__ import annotations

from datetime import date
from typing import IO, Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from auth import audit, roles
from data import company, exports
from server.api.access import ERRORS, MISSING, Caller, address, require
from server.api.heads import ASKED
from server.api.paging import Listed
from server.api.streaming import stream

router = APIRouter(prefix="/export", tags=["export"], responses=ERRORS)
Name = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,64}$")]
From = Annotated[date | None, Query(alias="from", description="First day, the company's.")]
To = Annotated[date | None, Query(description="Last day, included.")]
_CSV: dict[int | str, dict[str, Any]] = {
    200: {"description": "The rows.", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


class Offered(BaseModel):
    """A dataset; one without days takes no `from` and `to`."""

    name: str
    title: str
    columns: list[str]
    by_day: bool


@router.get("", summary="List the datasets that the caller may take")
def list_datasets(person: Caller) -> Listed[Offered]:
    """Those of the resources that the role, and the token's scopes, may read."""
    offered = []
    for one in exports.DATASETS.values():
        scoped = person.scopes is None or one.resource in person.scopes
        if scoped and roles.can(person.role, one.resource):
            offered.append(Offered(name=one.name, title=one.title, columns=list(one.columns),
                                   by_day=one.day is not None))  # fmt: skip
    return Listed(items=offered)


@router.get(
    "/{dataset}.csv",
    summary="Take a dataset as CSV",
    responses=_CSV | MISSING,
    response_class=StreamingResponse,
)
def take(
    request: Request, person: Caller, dataset: Name, *, start: From = None, to: To = None
) -> StreamingResponse:
    """In UTF-8 with a header; text that a spreadsheet would run is quoted."""
    try:
        found = exports.dataset(dataset)
    except exports.UnknownDataset as error:
        raise HTTPException(404, str(error)) from None
    require(request, person, "explore")
    require(request, person, found.resource)
    if start and to and to < start:
        raise HTTPException(422, "to: the range ends before it begins; swap the two days.")

    def work(target: IO[bytes]) -> None:
        rows = exports.write(found, target, company.zone().key, start, to)
        audit.record("export", actor=person, on=found.name, address=address(request),
                     detail={"from": start, "to": to, "rows": rows})  # fmt: skip

    name = f'attachment; filename="{found.name}.csv"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    # Who asks for the head takes nothing, and no export is recorded.
    body = iter(()) if ASKED in request.scope else stream(work)
    return StreamingResponse(body, media_type="text/csv", headers=headers)
