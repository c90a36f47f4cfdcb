"""Targets and bounds of KPIs that people set, each from a day on; nothing is ever overwritten."""

from __future__ import annotations

from datetime import date

import pandas as pd

from config.kpis import KPIS, Bounds, kpi
from data import company, database


class BadTarget(ValueError):
    """A target that cannot be kept; its text is one sentence."""


def in_force(day: date | None = None) -> dict[str, Bounds]:
    """Every KPI's bounds on `day` (default today): what was set last, else the catalogue's."""
    rows = database.read(
        "SELECT DISTINCT ON (kpi) kpi, target, warning, critical FROM kpi_targets "
        "WHERE from_day <= :day ORDER BY kpi, from_day DESC, set_at DESC",
        day=day or company.today(),
    )
    found = {slug: entry.bounds for slug, entry in KPIS.items()}
    for row in rows:
        found[row["kpi"]] = Bounds(row["target"], row["warning"], row["critical"])
    return found


def bounds(slug: str, day: date | None = None) -> Bounds:
    """One KPI's bounds on `day`. Raises UnknownKpi."""
    return in_force(day)[kpi(slug).slug]


def put(slug: str, from_day: date, wanted: Bounds, by: str) -> None:
    """Set bounds from a day on. Raises UnknownKpi, BadTarget."""
    entry = kpi(slug)
    if entry.direction == "neutral" and wanted != Bounds():
        raise BadTarget(f"{entry.title} is neither better high nor low, so it has no target.")
    order = [bound for bound in (wanted.target, wanted.warning, wanted.critical)
             if bound is not None]  # fmt: skip
    if order != sorted(order, reverse=entry.direction == "higher"):
        way = "fall" if entry.direction == "higher" else "rise"
        raise BadTarget(f"{entry.title}: target, warning and critical bound must {way} in turn.")
    database.execute(
        "INSERT INTO kpi_targets (kpi, from_day, target, warning, critical, set_by) "
        "VALUES (:kpi, :from_day, :target, :warning, :critical, :by)",
        kpi=slug, from_day=from_day, target=wanted.target, warning=wanted.warning,
        critical=wanted.critical, by=by,
    )  # fmt: skip


def history(slug: str | None = None) -> pd.DataFrame:
    """What was ever set, newest first: kpi, from_day, target, warning, critical, set_by, set_at."""
    frame: pd.DataFrame = database.frame(
        "SELECT kpi, from_day, target, warning, critical, set_by, set_at FROM kpi_targets "
        "WHERE CAST(:slug AS text) IS NULL OR kpi = :slug ORDER BY set_at DESC",
        slug=slug,
    )
    return frame
