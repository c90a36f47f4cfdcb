"""The parts of the Production page, each a panel that fails alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from auth import audit
from components import charts, guard, tables, tiles, units
from components.markup import plain
from components.panel import panel
from components.timespan import Period
from config.kpis import KPIS
from data import production_entry
from data.queries import production, production_board
from pages import company_data as books

TILES = (
    "oee", "availability", "performance", "quality", "output", "first_pass_yield", "scrap_pct",
    "downtime_minutes", "mtbf", "mttr", "throughput", "on_time_delivery_pct",
)  # fmt: skip
SPARKS = tuple(slug for slug in TILES if slug != "on_time_delivery_pct")
_FORMATS = {
    "oee": "percent", "availability": "percent", "performance": "percent", "quality": "percent",
    "output": "count", "scrap_pct": "percent", "first_pass_yield": "percent",
    "downtime_minutes": "count", "mtbf": "decimal", "mttr": "decimal",
}  # fmt: skip


def _over_time(version: str, chosen: Period) -> Any:
    """Every KPI over the period, read once for all that is drawn of it."""
    first, last = chosen.days()
    return books.kept(version, production_board.over_time, SPARKS, first, last,
                      books.step(first, last))  # fmt: skip


def headline(version: str, chosen: Period) -> None:
    """Every production KPI as a tile."""
    spans = (chosen.days(), chosen.previous().days(), chosen.last_year().days())
    asked = books.kept(version, production_board.figures, TILES, spans)
    spark = _over_time(version, chosen)
    held = books.bounds(version)
    tiles.row(
        [books.tile(slug, asked[slug], spark.get(slug), held, chosen) for slug in TILES],
        label="Production",
    )


def standing(may_enter: bool) -> None:
    """What stands still now, since when, and the button that lets it run again."""
    found = production_board.standing()
    if found.empty:
        return
    with panel("Standing still now", key="standing"):
        for row in found.fillna({"note": ""}).to_dict("records"):
            since = datetime.now(UTC) - row["started_at"].to_pydatetime()
            words = f"**{plain(row['line'])}**: {plain(row['reason'])}, for {units.age(since)}"
            left, right = st.columns([4, 1])
            left.markdown(words + (f" — {plain(row['note'])}" if row["note"] else ""))
            if may_enter and right.button("Runs again", key=f"end-{row['source_id']}"):
                person = guard.require("production", "enter")
                try:
                    production_entry.end_stop(row["source"], row["source_id"], datetime.now(UTC))
                except production_entry.BadEntry as bad:
                    st.error(str(bad))
                    return
                audit.record("stop_ended", actor=person, on=str(row["line"]),
                             address=guard.address())  # fmt: skip
                st.rerun()


def over_time(version: str, chosen: Period) -> None:
    """OEE and its parts."""
    first, last = chosen.days()
    shown = ["oee", "availability", "performance", "quality"]
    frame = _over_time(version, chosen)[shown]
    with panel("OEE", "availability × performance × quality", key="oee"):
        charts.show(
            "production-oee",
            charts.time_series(
                frame,
                title="OEE",
                unit="percent",
                names={slug: KPIS[slug].title for slug in shown},
                low=None,
                thresholds=books.thresholds(books.bounds(version)["oee"]),
                height=240,
                marks=books.marks(first, last, "oee"),
                nothing="No runs in this period.",
            ),
        )


def output(version: str, chosen: Period) -> None:
    """Good units over time."""
    first, last = chosen.days()
    by = books.step(first, last)
    frame = _over_time(version, chosen)[["output"]]
    with panel("Output", f"good units by {by}", key="output"):
        charts.show(
            "production-output",
            charts.stacked_bars(
                frame,
                title="Output",
                names={"output": "Good units"},
                nothing="No runs in this period.",
                marks=books.marks(first, last, "output"),
            ),
        )


def downtime(version: str, chosen: Period) -> None:
    """Minutes lost by reason."""
    with panel("Downtime by reason", "minutes in planned production time", key="downtime"):
        frame = books.kept(version, production.downtime, *chosen.days())
        charts.show(
            "production-downtime",
            charts.pareto(
                frame,
                label="reason",
                value="minutes",
                title="Downtime by reason",
                nothing="Nothing stopped.",
            ),
        )


def by_line(version: str, chosen: Period) -> None:
    """OEE of each line against the target."""
    held = books.bounds(version)["oee"]
    with panel("OEE by line", key="oee-by-line"):
        frame = books.kept(version, production_board.by_group, *chosen.days(), "line")
        charts.show(
            "production-by-line",
            charts.bars(
                frame.dropna(subset=["oee"]),
                label="line",
                value="oee",
                title="OEE by line",
                unit="percent",
                target=held.target,
                nothing="No runs in this period.",
            ),
        )


def groups(version: str, chosen: Period) -> None:
    """All KPIs by line, product or shift."""
    with panel("In figures", "from summed times and counts", key="production-groups"):
        by = st.segmented_control("By", ["line", "product", "shift"], default="line",
                                  key="production-by", format_func=str.capitalize,
                                  label_visibility="collapsed") or "line"  # fmt: skip
        frame = books.kept(version, production_board.by_group, *chosen.days(), by)
        tables.table(
            frame, name=f"production-figures-{by}", formats=_FORMATS,
            columns={by: by.capitalize(), "oee": "OEE", "availability": "Availability",
                     "performance": "Performance", "quality": "Quality", "output": "Good units",
                     "scrap_pct": "Scrap", "first_pass_yield": "First-pass yield",
                     "downtime_minutes": "Downtime, min", "mtbf": "MTBF, h", "mttr": "MTTR, min"},
        )  # fmt: skip
