"""Dated notes on a KPI's story: written, changed, removed, and brought back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st

from auth import audit
from auth.people import Person
from auth.roles import can
from components import banner, guard
from components.markup import plain
from components.panel import panel
from components.timespan import Period
from config.kpis import Kpi
from data import annotations as dated
from data import company

_REMOVED = "kpi-note-removed"


def show(chosen: Kpi, span: Period, resource: str) -> None:
    """The notes of the period, and a form for a new one."""
    person = guard.person()
    with panel("Notes", "shown on every chart that covers their days", key="notes"):
        _undo(resource)
        for row in dated.between(*span.days(), chosen.slug).to_dict("records"):
            _note(person, row, resource)
        with (
            st.popover("Write a note", icon=":material/add_notes:"),
            st.form("note", border=False, clear_on_submit=True),
        ):
            given = _fields("new", (span.days()[1], span.days()[1]), "", False)
            if st.form_submit_button("Add note", type="primary"):
                _write(None, given, chosen.slug, resource)


def _note(person: Person, row: Any, resource: str) -> None:
    begin, end = str(row["from_day"]), str(row["to_day"])
    days = begin if begin == end else f"{begin} – {end}"
    about = "" if row["kpi"] else " · every KPI"
    with st.container(horizontal=True, vertical_alignment="center", key=f"note-{row['id']}"):
        st.markdown(f"**{days}** {plain(row['note'])}  \n*{plain(row['author'])}{about}*")
        if not _may_change(person, row["author"], resource):
            return
        with st.popover("Edit", key=f"edit-{row['id']}"), st.form(f"f-{row['id']}", border=False):
            given = _fields(str(row["id"]), (row["from_day"], row["to_day"]), row["note"],
                            row["kpi"] is None)  # fmt: skip
            if st.form_submit_button("Save", type="primary"):
                _write(row, given, row["kpi"], resource)
        st.button("Remove", key=f"remove-{row['id']}", on_click=_remove, args=(row, resource))


def _may_change(person: Person, author: str, resource: str) -> bool:
    return person.username == author or can(person.role, resource, "set_targets")


Given = tuple[tuple[date, ...], str, bool]


def _fields(key: str, days: tuple[date, date], words: str, everywhere: bool) -> Given:
    chosen = st.date_input("Days", days, key=f"note-days-{key}")
    written = st.text_input("Note", words, max_chars=500, key=f"note-words-{key}")
    wide = st.checkbox("Show it on the charts of every KPI", everywhere, key=f"note-all-{key}")
    return chosen if isinstance(chosen, tuple) else (chosen,), written, wide


def _write(row: Any, given: Given, slug: str | None, resource: str) -> None:
    """A new note, or the changed one under its number."""
    person, (days, words, everywhere) = guard.require(resource), given
    if row is not None and not _may_change(person, row["author"], resource):
        return
    span: Sequence[date] = days or (company.today(),)
    about = None if everywhere else slug or st.query_params.get("kpi")
    try:
        if row is None:
            dated.add(span[0], span[-1], words, person.username, about)
        else:
            dated.change(row["id"], span[0], span[-1], words, about)
    except dated.BadNote as bad:
        st.error(str(bad))
        return
    told = {"note": [None if row is None else row["note"], words]}
    audit.record("note_written", actor=person, on=slug or "", address=guard.address(), detail=told)
    st.rerun()


def _remove(row: Any, resource: str) -> None:
    person = guard.require(resource)
    if _may_change(person, row["author"], resource) and dated.remove(row["id"]):
        st.session_state[_REMOVED] = row
        audit.record("note_removed", actor=person, on=row["kpi"] or "", address=guard.address(),
                     detail={"note": [row["note"], None]})  # fmt: skip


def _undo(resource: str) -> None:
    """Offers to bring back what was removed last, once."""
    row = st.session_state.get(_REMOVED)
    if row is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        banner.notice("The note was removed.")
        st.button("Undo", key="note-undo", on_click=_bring_back, args=(resource,))


def _bring_back(resource: str) -> None:
    person = guard.require(resource)
    row = st.session_state.pop(_REMOVED)
    dated.add(row["from_day"], row["to_day"], row["note"], row["author"], row["kpi"])
    audit.record("note_written", actor=person, on=row["kpi"] or "", address=guard.address(),
                 detail={"note": [None, row["note"]]})  # fmt: skip
