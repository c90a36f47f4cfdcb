"""The parts of the Targets page: what is in force, the form, the history."""

from __future__ import annotations

import streamlit as st

from auth import audit
from auth.people import Person
from components import guard, hover_table, tables, units
from components.hover_table import Cell
from config.kpis import HOMES, KPIS, Bounds, Kpi
from data import company, targets

# What is told of a target that was set.
CHANGES = {"from_day": "From", "target": "Target", "warning": "Warning", "critical": "Critical",
           "set_by": "Set by", "set_at": "Set at"}  # fmt: skip


def in_force(entries: list[Kpi]) -> None:
    """Bounds of every KPI that has any, today."""
    held = targets.in_force()
    rows = [
        [Cell(entry.title, entry.formula, link=f"kpi?kpi={entry.slug}"),
         *_bounds(entry, held[entry.slug]),
         Cell(entry.area.capitalize())]
        for entry in entries if held[entry.slug] != Bounds()
    ]  # fmt: skip
    heads = [Cell("KPI"), Cell("Target", number=True), Cell("Warning", number=True),
             Cell("Critical", number=True), Cell("Area")]  # fmt: skip
    hover_table.table(heads, rows, "Targets in force")


def _bounds(entry: Kpi, held: Bounds) -> list[Cell]:
    """The target as what is good, the bounds as what is not."""
    good, bad = ("≥", "<") if entry.direction == "higher" else ("≤", ">")
    return [_bound(held.target, entry, good), _bound(held.warning, entry, bad),
            _bound(held.critical, entry, bad)]  # fmt: skip


def _bound(value: float | None, entry: Kpi, sign: str) -> Cell:
    return Cell("" if value is None else f"{sign} {units.text(value, entry.unit)}", number=True)


def form(person: Person, entries: list[Kpi]) -> None:
    """Set target and bounds of one KPI from a day on."""
    slugs = [entry.slug for entry in entries]
    wanted = st.query_params.get("kpi", "")
    slug = st.selectbox("KPI", slugs, index=slugs.index(wanted) if wanted in slugs else 0,
                        format_func=lambda name: KPIS[name].title, key="target-kpi")  # fmt: skip
    entry, held = KPIS[slug], targets.bounds(slug)
    least = "at least" if entry.direction == "higher" else "at most"
    with st.form(f"target-{slug}", border=False):
        unit = company.currency() if entry.unit == "currency" else entry.unit
        target = st.number_input(f"Target, {unit}, {least}", value=held.target, key=f"t-{slug}")
        warning = st.number_input(f"Warning bound, {unit}", value=held.warning, key=f"w-{slug}")
        critical = st.number_input(f"Critical bound, {unit}", value=held.critical, key=f"c-{slug}")
        day = st.date_input("From", company.today(), key=f"d-{slug}")
        if st.form_submit_button("Set", type="primary"):
            guard.require(HOMES[entry.area], "set_targets")
            try:
                targets.put(slug, day, Bounds(target, warning, critical), person.username)
            except targets.BadTarget as bad:
                st.error(str(bad))
                return
            audit.record("target_set", actor=person, on=slug, address=guard.address(),
                         detail={"from": str(day), "old": _told(held),
                                 "new": _told(Bounds(target, warning, critical))})  # fmt: skip
            st.success(f"{entry.title} is held against the new bounds from {day} on.")


def _told(bounds: Bounds) -> list[float | None]:
    return [bounds.target, bounds.warning, bounds.critical]


def history(entries: list[Kpi]) -> None:
    """Everything that was ever set for these KPIs."""
    titles = {entry.slug: entry.title for entry in entries}
    found = targets.history()
    found = found[found["kpi"].isin(titles)].replace({"kpi": titles})
    tables.table(
        found, name="targets-history",
        nothing="The catalogue's defaults hold; what you set stands here.",
        columns={"kpi": "KPI", **CHANGES},
    )  # fmt: skip
