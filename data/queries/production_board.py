"""What the Production page asks: KPIs of a period in one query, by line and over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from data import database
from data.queries import production
from data.queries.figure import Figure

_GROUPED = ("oee", "availability", "performance", "quality", "output", "scrap_pct",
            "first_pass_yield", "downtime_minutes", "mtbf", "mttr")  # fmt: skip


def figures(slugs: Sequence[str], spans: Sequence[tuple[date, date]]) -> dict[str, list[Figure]]:
    """Each production KPI over each range of days, both ends included."""
    of_runs = [slug for slug in slugs if slug != "on_time_delivery_pct"]
    read = [production.of_runs(of_runs, *span) for span in spans]
    return {
        slug: [found.get(slug) or production.value(slug, *span)
               for found, span in zip(read, spans, strict=True)]
        for slug in slugs
    }  # fmt: skip


def over_time(slugs: Sequence[str], start: date, end: date, by: str) -> pd.DataFrame:
    """KPIs by day, week or month: index of those days, a column a KPI; one query."""
    found = production.measures(start, end, by)
    stamps = found["grouped"] if by != "month" else found["grouped"] + "-01"
    index = pd.Index(pd.to_datetime(stamps), name=by)
    rows = _rows(found)
    columns = {slug: [production.compute(slug, row) for row in rows] for slug in slugs}
    return pd.DataFrame(columns, index=index, dtype="float64")


def by_group(start: date, end: date, by: str) -> pd.DataFrame:
    """The KPIs of each line, product or shift: column `by`, then a column a KPI."""
    found = production.measures(start, end, by)
    rows = _rows(found)
    made = {slug: [production.compute(slug, row) for row in rows] for slug in _GROUPED}
    return pd.DataFrame({by: found["grouped"], **made})


def _rows(found: pd.DataFrame) -> list[dict[str, float | None]]:
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in found.to_dict("records")
    ]


def version(day_version: str) -> str:
    """The version of the figures: while a line stands still they change by the minute."""
    found = database.scalar(
        "SELECT date_trunc('minute', now())::text FROM production_stops WHERE ended_at IS NULL "
        "LIMIT 1"
    )
    return f"{day_version} {found or ''}"


def standing() -> pd.DataFrame:
    """Lines that stand still now: source, source_id, line, reason, note, started_at, entered_by."""
    frame: pd.DataFrame = database.frame(
        "SELECT s.source, s.source_id, coalesce(n.title, s.line) AS line, s.reason, s.note, "
        "s.started_at, s.entered_by FROM production_stops s "
        "LEFT JOIN production_lines n ON n.code = s.line "
        "WHERE s.ended_at IS NULL ORDER BY s.started_at"
    )
    return frame


def lines() -> list[str]:
    """Codes of the production lines."""
    return [str(row["code"]) for row in
            database.read("SELECT code FROM production_lines ORDER BY code")]  # fmt: skip


def products() -> dict[str, str]:
    """SKU → title of what can be made."""
    rows = database.read("SELECT sku, coalesce(title, sku) AS title FROM products ORDER BY title")
    return {row["sku"]: row["title"] for row in rows}
