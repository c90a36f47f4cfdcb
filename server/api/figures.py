"""KPIs: what there is, what each means, and its figures as the pages show them."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import BaseModel

from auth import roles
from auth.person import Person
from config.kpis import HOMES, KPIS, Kpi, UnknownKpi, kpi
from data import company
from data.queries import kpi as kpis
from server.api.access import ERRORS, MISSING, Caller, require
from server.api.paging import Listed

router = APIRouter(prefix="/kpis", tags=["kpis"], responses=ERRORS)
# A breakdown by day is made step by step, for days without figures too.
_LONGEST = timedelta(days=366 * 20)
Slug = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,64}$")]
From = Annotated[date | None, Query(alias="from", description="First day, the company's.")]
To = Annotated[date | None, Query(description="Last day, included; without it: today.")]
By = Annotated[str | None, Query(pattern=r"^[a-z_]{1,32}$", description="One of the KPI's `by`.")]


class Meaning(BaseModel):
    """A KPI's entry in the catalogue."""

    slug: str
    title: str
    area: str
    unit: str
    direction: str
    formula: str
    by: list[str]


class Point(BaseModel):
    """A group or a time, and the KPI's value there."""

    group: str
    value: float | None


class Reading(BaseModel):
    """A KPI over a period; without a value, `reason` says why and what to do."""

    slug: str
    unit: str
    start: date
    end: date
    value: float | None
    reason: str | None
    source: str | None
    as_of: datetime | None
    sample: bool
    points: list[Point] | None = None


@router.get("", summary="List the KPIs that the caller may read")
def list_kpis(person: Caller) -> Listed[Meaning]:
    """In the order of the catalogue."""
    return Listed(items=[_meaning(entry) for entry in KPIS.values() if _readable(person, entry)])


@router.get("/{slug}", summary="Read a KPI over a period", responses=MISSING)
def read_kpi(
    request: Request,
    person: Caller,
    slug: Slug,
    *,
    start: From = None,
    to: To = None,
    by: By = None,
) -> Reading:
    """The last 30 days unless told otherwise; `by` adds the breakdown."""
    try:
        entry = kpi(slug)
    except UnknownKpi as error:
        raise HTTPException(404, str(error)) from None
    require(request, person, HOMES[entry.area])
    end = to or company.today()
    first = start or end - timedelta(days=min(29, (end - date.min).days))
    return _reading(entry, first, end, by)


def _reading(entry: Kpi, start: date, end: date, by: str | None) -> Reading:
    if by is not None and end - start > _LONGEST:
        raise HTTPException(422, "from: a breakdown covers at most 20 years; choose a later day.")
    try:
        figure = kpis.value(entry.slug, start, end)
        points = None if by is None else _points(kpis.series(entry.slug, start, end, by))
    except kpis.BadQuery as error:
        raise HTTPException(422, str(error)) from None
    return Reading(
        slug=entry.slug,
        unit=entry.unit,
        start=start,
        end=end,
        value=figure.value,
        reason=figure.reason,
        source=figure.source,
        as_of=figure.as_of,
        sample=figure.sample,
        points=points,
    )


def _points(frame: Any) -> list[Point]:
    return [
        Point(group=str(group), value=None if value is None or math.isnan(value) else value)
        for group, value in frame.itertuples(index=False, name=None)
    ]


def _readable(person: Person, entry: Kpi) -> bool:
    try:
        roles.require(person, HOMES[entry.area])
    except roles.PermissionDenied:
        return False
    return True


def _meaning(entry: Kpi) -> Meaning:
    return Meaning(
        slug=entry.slug,
        title=entry.title,
        area=entry.area,
        unit=entry.unit,
        direction=entry.direction,
        formula=entry.formula,
        by=list(entry.by),
    )
