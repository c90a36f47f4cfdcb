"""The KPI catalogue: the one definition that pages, alerts, API, exports, reports and docs read."""

from __future__ import annotations

from config.catalogue import finance, inventory, production, sales, system, users
from config.catalogue.shape import Area, Bounds, Direction, Kpi, Status, judge

__all__ = [
    "HOMES",
    "KPIS",
    "Area",
    "Bounds",
    "Direction",
    "Kpi",
    "Status",
    "UnknownKpi",
    "judge",
    "kpi",
]

# The resource whose readers may read an area's KPIs, and the page that shows them.
HOMES: dict[Area, str] = {
    "sales": "business",
    "finance": "finance",
    "inventory": "inventory",
    "production": "production",
    "system": "performance",
    "users": "users",
}
_AREAS = (sales, finance, inventory, production, system, users)
KPIS: dict[str, Kpi] = {entry.slug: entry for area in _AREAS for entry in area.KPIS}


class UnknownKpi(LookupError):
    """No KPI has that slug; its text is one sentence."""


def kpi(slug: str) -> Kpi:
    """The catalogue's entry. Raises UnknownKpi."""
    if slug not in KPIS:
        raise UnknownKpi(
            f'No KPI is called "{slug}"; `python manage.py kpi list` prints the {len(KPIS)} names.'
        )
    return KPIS[slug]
