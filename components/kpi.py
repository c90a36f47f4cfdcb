"""A KPI of the catalogue as a tile; title, unit, direction and bounds come from its definition."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from components.tiles import Tile
from config.catalogue.shape import Bounds, Kpi


def tile(
    kpi: Kpi,
    value: float | None,
    *,
    bounds: Bounds | None = None,
    previous: float | None = None,
    last_year: float | None = None,
    spark: Sequence[float | None] = (),
    source: str | None = None,
    as_of: datetime | None = None,
    stale_after: timedelta | None = None,
    reason: str | None = None,
    step: str = "",
    note: str = "",
    link: str = "",
) -> Tile:
    """`bounds`: the ones in force, default the catalogue's. The rest as in `Tile`."""
    held = bounds or kpi.bounds
    return Tile(
        title=kpi.title,
        value=value,
        unit=kpi.unit,
        previous=previous,
        last_year=last_year,
        better=kpi.direction,
        target=held.target,
        warning=held.warning,
        critical=held.critical,
        spark=spark,
        source=source or kpi.source,
        as_of=as_of,
        stale_after=stale_after,
        reason=reason or "",
        step=step,
        link=link,
        note=note,
    )
