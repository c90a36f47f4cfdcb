"""What the Overview shows of each area, for whom, and where it leads."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import structlog

from auth import roles
from auth.people import Person
from components import system_board, units
from components.attention import Item, Tone
from components.tiles import Tile
from components.timespan import Period
from config.kpis import HOMES, KPIS, Bounds, Kpi, judge
from config.metrics import METRICS
from config.settings import settings
from data import annotations as dated
from data.database import DatabaseUnavailable
from data.queries import kpi as kpis
from data.queries import kpi_board, metrics, overview
from data.queries.figure import Figure
from data.queries.kpi_board import Board
from pages import company_data
from pages.company_data import kept, lately

_log = structlog.get_logger()
_MANAGER = ("net_revenue", "orders", "gross_margin_pct", "cash", "cash_conversion_cycle",
            "stock_value", "oee", "on_time_delivery_pct")  # fmt: skip
_FLOOR = ("oee", "availability", "performance", "quality", "output", "scrap_pct",
          "downtime_minutes", "on_time_delivery_pct")  # fmt: skip
_HEADLINES = {"admin": _MANAGER, "manager": _MANAGER, "viewer": _MANAGER, "operator": _FLOOR}
_SYSTEM = ("cpu_pct", "memory_pct", "response_time_p95", "error_rate")


def headline(role: str) -> list[str]:
    """Slugs of the KPIs that a role opens with, as far as it may read them."""
    return [
        slug
        for slug in _HEADLINES.get(role, ())
        if slug in KPIS and roles.can(role, HOMES[KPIS[slug].area])
    ]


def tiles(person: Person, version: str, chosen: Period) -> list[Tile]:
    """Each headline KPI over the period, beside the one before and a year earlier."""
    held, slugs = company_data.bounds(version), headline(person.role)
    found = _board(person, version, chosen)
    return [
        company_data.tile(slug, found.shown[slug], found.lines.get(slug), held, chosen)
        for slug in slugs
    ]


def _board(person: Person, version: str, chosen: Period) -> Board:
    """All of the page's figures at once; when that fails, one by one, so that the others stand."""
    judged, shown = tuple(_bounded(person, version)), tuple(headline(person.role))
    spans = (chosen.days(), chosen.previous().days(), chosen.last_year().days())
    by = company_data.step(*chosen.days())
    try:
        found: Board = kept(version, kpi_board.board, judged, shown, spans, by)
    except DatabaseUnavailable:
        raise
    except Exception as error:
        _log.error("figures failed together", exc_info=error)
        return Board(
            {slug: _figure(version, slug, *spans[0]) for slug in judged},
            {slug: [_figure(version, slug, *days) for days in spans] for slug in shown},
            {},
        )
    return found


def _figure(version: str, slug: str, first: date, last: date) -> Figure:
    """The KPI's figure; one that cannot be computed says so and leaves the others standing."""
    try:
        found: Figure = kept(version, kpis.value, slug, first, last)
    except DatabaseUnavailable:
        raise
    except Exception as error:  # one figure failing must never blank the page
        _log.error("a figure failed", kpi=slug, exc_info=error)
        return Figure(slug, None, "It cannot be computed; an admin finds the cause in the log.")
    return found


def notes(person: Person, chosen: Period) -> list[Item]:
    """Notes on days of the period, about what the person may read."""
    found = lately(dated.between, *chosen.days())
    return [
        Item("info", str(row["note"]), _about(row),
             chosen.link("kpi", kpi=row["kpi"]) if row["kpi"] in KPIS else "",
             owner=str(row["author"]))
        for row in found.to_dict("records")
        if row["kpi"] not in KPIS or roles.can(person.role, HOMES[KPIS[row["kpi"]].area])
    ]  # fmt: skip


def _about(row: Mapping[Hashable, Any]) -> str:
    begin, end = str(row["from_day"]), str(row["to_day"])
    days = begin if begin == end else f"{begin} – {end}"
    return f"{days} · {KPIS[row['kpi']].title}" if row["kpi"] in KPIS else days


def system(chosen: Period) -> list[Tile]:
    """The host's newest figures, late after three ticks; each leads to its story."""
    latest, history = lately(metrics.latest), lately(_last_hour)
    stale = timedelta(seconds=3 * (latest.interval_s or settings().sample_interval))
    source = latest.instances[0] if len(latest.instances) == 1 else "all hosts"
    dated = Tile("", None, source=source, as_of=latest.at, stale_after=stale, link="performance")
    shown = system_board.tiles(latest.values, history, dated, _SYSTEM)
    return [
        replace(tile, link=chosen.link("kpi", kpi=slug))
        for slug, tile in zip(_SYSTEM, shown, strict=True)
    ]


def _last_hour() -> pd.DataFrame:
    now = datetime.now(UTC)
    return metrics.series(("cpu_pct", "memory_pct"), now - timedelta(hours=1), now, None, 120)


def attention(person: Person, version: str, chosen: Period) -> list[Item]:
    """All that is past a bound, firing, or late, as far as the person may see it."""
    found = _past_bounds(person, version, chosen)
    if roles.can(person.role, "performance"):
        found += _system_items()
    if roles.can(person.role, "alerts"):
        found += [_alert(each) for each in lately(overview.firing)]
    if roles.can(person.role, "integrations"):
        found += [_late(each) for each in lately(overview.stopped)]
    return found


def _bounded(person: Person, version: str) -> list[str]:
    """KPIs with a bound that the person may read."""
    held = company_data.bounds(version)
    return [
        slug
        for slug, entry in KPIS.items()
        if entry.area not in ("system", "users")
        and roles.can(person.role, HOMES[entry.area])
        and held.get(slug, entry.bounds) != Bounds()
    ]


def _past_bounds(person: Person, version: str, chosen: Period) -> list[Item]:
    held = company_data.bounds(version)
    judged = _board(person, version, chosen).judged
    found = [
        _kpi_item(KPIS[slug], held.get(slug, KPIS[slug].bounds), figure, chosen)
        for slug, figure in judged.items()
    ]
    return [item for item in found if item is not None]


def _kpi_item(entry: Kpi, bounds: Bounds, figure: Figure, chosen: Period) -> Item | None:
    value = figure.value
    standing = judge(entry, value, bounds)
    if standing not in ("critical", "warning", "off_target"):
        return None
    bound = {"critical": bounds.critical, "warning": bounds.warning}.get(standing, bounds.target)
    shown, limit = (units.text(figure, entry.unit) for figure in (value, bound))
    word = "bound" if standing in ("critical", "warning") else "target"
    return Item(
        "critical" if standing == "critical" else "warning" if standing == "warning" else "info",
        entry.title,
        f"{shown} against a {word} of {limit}",
        chosen.link(HOMES[entry.area]),
    )


def _system_items() -> list[Item]:
    """Bounds of live metrics, and hosts that went silent."""
    latest = lately(metrics.latest)
    found = []
    if latest.at is not None and latest.stale:
        found.append(
            Item("critical", "Live metrics", "no sample arrives", "performance", latest.at)
        )
    for name, metric in METRICS.items():
        value = latest.values.get(name)
        if value is None or metric.warning is None or value <= metric.warning:
            continue
        past = metric.critical is not None and value > metric.critical
        limit = units.text(metric.critical if past else metric.warning, metric.unit)
        detail = f"{units.text(value, metric.unit)} against a limit of {limit}"
        found.append(Item("critical" if past else "warning", metric.title, detail, "performance"))
    return found


def _alert(each: overview.Firing) -> Item:
    tone: Tone = "critical" if each.severity == "critical" else "warning"
    owner = f"{each.by} has it" if each.by else "nobody has it yet"
    return Item(tone, each.rule, each.condition, "alerts", each.since, owner)


def _late(each: overview.Stopped) -> Item:
    detail = each.error or "its data is older than three of its intervals"
    return Item("warning", f"Connection {each.name}", detail, "integrations", each.since)
