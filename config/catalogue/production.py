"""Production KPIs, from the summed times and counts of lines and shifts."""

from __future__ import annotations

from config.catalogue.shape import Bounds, Direction, Kpi

_BY = ("day", "week", "month", "line", "product")


def _production(
    slug: str,
    title: str,
    unit: str,
    direction: Direction,
    formula: str,
    bounds: Bounds = Bounds(),  # noqa: B008
    additive: bool = False,
    by: tuple[str, ...] = _BY,
) -> Kpi:
    return Kpi(slug, title, "production", unit, direction, formula, "production entries", "shift",
               additive, by, bounds)  # fmt: skip


KPIS = (
    _production("availability", "Availability", "%", "higher",
                "Run time / planned production time × 100", Bounds(target=90)),
    _production("performance", "Performance", "%", "higher",
                "Ideal cycle time × total count / run time × 100", Bounds(target=95)),
    _production("quality", "Quality", "%", "higher",
                "Good count / total count × 100", Bounds(target=99)),
    _production("oee", "OEE", "%", "higher",
                "Availability × performance × quality, from the summed times and counts of lines "
                "and shifts", Bounds(target=85)),
    _production("output", "Output", "units", "higher", "Good count", additive=True),
    _production("throughput", "Throughput", "units/h", "higher", "Good count / run time"),
    _production("scrap_pct", "Scrap", "%", "lower",
                "Scrapped count / total count × 100", Bounds(target=1)),
    _production("rework_pct", "Rework", "%", "lower", "Reworked count / total count × 100"),
    _production("first_pass_yield", "First-pass yield", "%", "higher",
                "Units right first time / units started × 100", Bounds(target=95)),
    _production("downtime_minutes", "Downtime", "min", "lower",
                "Minutes of stops in planned production time", additive=True,
                by=(*_BY, "reason")),
    _production("mtbf", "Mean time between failures", "h", "higher", "Run time / failures"),
    _production("mttr", "Mean time to repair", "min", "lower", "Repair time / repairs"),
    _production("on_time_delivery_pct", "On-time delivery", "%", "higher",
                "Orders delivered on or before promise / delivered orders × 100",
                Bounds(target=95), by=("day", "week", "month")),
)  # fmt: skip
