"""The forms of the people at the lines: counts of a run, and a line that stops."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import streamlit as st

from auth import audit
from auth.people import Person
from components import guard
from components.panel import panel
from data import company
from data import production_entry as entries
from data.ingest.production import REASONS
from data.queries import production_board

SHIFTS = {"Early": time(6), "Late": time(14), "Night": time(22)}


def forms(person: Person) -> None:
    """Both forms side by side."""
    left, right = st.columns([3, 2])
    with left, panel("Enter a run", "entering the same line and shift again corrects it",
                     key="enter-run"):  # fmt: skip
        _run(person)
    with right, panel("A line stops", key="enter-stop"):
        _stop(person)


def _line(key: str) -> str:
    """One of the known lines, or a new one."""
    known = production_board.lines()
    return str(st.selectbox("Line", known, key=key, accept_new_options=True,
                            placeholder="Choose or type a line") or "").strip()  # fmt: skip


def _run(person: Person) -> None:
    products = production_board.products()
    with st.form("run", border=False):
        line = _line("run-line")
        left, middle, right = st.columns(3)
        day = left.date_input("Day", company.today(), key="run-day")
        shift = middle.selectbox("Shift", list(SHIFTS), key="run-shift")
        hours = right.number_input("Hours", 0.25, 12.0, 8.0, 0.25, key="run-hours")
        sku = st.selectbox("Product", list(products), key="run-sku", index=None,
                           format_func=lambda code: products[code])  # fmt: skip
        cells = st.columns(4)
        total = cells[0].number_input("Units started", 0, key="run-total")
        good = cells[1].number_input("Good units", 0, key="run-good")
        reworked = cells[2].number_input("Of them reworked", 0, key="run-reworked")
        cycle = cells[3].number_input("Ideal seconds a unit", 0.0, value=None, key="run-cycle")
        if not st.form_submit_button("Enter run", type="primary"):
            return
    guard.require("production", "enter")
    if not line:
        st.error("Choose the line or type a new one.")
        return
    begin = datetime.combine(day, SHIFTS[shift], company.zone()).astimezone(UTC)
    run = entries.Run(line, begin, begin + timedelta(hours=hours), shift, sku, cycle or None,
                      total, good, reworked)  # fmt: skip
    try:
        number = entries.enter_run(run, person.username)
    except entries.BadEntry as bad:
        st.error(str(bad))
        return
    audit.record("run_entered", actor=person, on=number, address=guard.address(),
                 detail={"total": total, "good": good, "reworked": reworked})  # fmt: skip
    st.success(f"The run of {line} is entered: {good:,} good of {total:,}.")


def _stop(person: Person) -> None:
    with st.form("stop", border=False, clear_on_submit=True):
        line = _line("stop-line")
        reason = st.selectbox("Reason", REASONS, key="stop-reason", format_func=str.capitalize)
        note = st.text_input("Note", max_chars=500, key="stop-note")
        if not st.form_submit_button("Stands still now", type="primary"):
            return
    guard.require("production", "enter")
    if not line:
        st.error("Choose the line or type a new one.")
        return
    try:
        entries.begin_stop(line, reason, note, person.username, at=datetime.now(UTC))
    except entries.BadEntry as bad:
        st.error(str(bad))
        return
    audit.record("stop_begun", actor=person, on=line, address=guard.address(),
                 detail={"reason": reason})  # fmt: skip
    st.rerun()
