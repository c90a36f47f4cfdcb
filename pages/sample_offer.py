"""What an empty page offers: the import, and the sample company with how far its load is."""

from __future__ import annotations

import streamlit as st

from auth import audit, roles
from components import empty, guard
from components.banner import notice
from components.markup import escape
from components.runs import refreshed
from data.queries import imports
from data.sample import background

_IMPORT = '<a class="sx-action" href="imports" target="_self">{}</a>'


def first_step(title: str, step: str, resource: str, words: str = "Import") -> None:
    """What is missing, how to get it, and the buttons for it as far as the person may."""
    if not roles.can(guard.person().role, resource, "import"):
        empty.state(title, f"{step} A manager or an admin can do that.")
        return
    with st.container(key="sx-first", horizontal_alignment="center"):
        empty.bare(title, step)
        with st.container(horizontal=True, horizontal_alignment="center"):
            st.html(_IMPORT.format(escape(words)), width="content")
            offer()


def offer() -> None:
    """Draws nothing for people who may not import."""
    person = guard.person()
    if not roles.can(person.role, "business", "import"):
        return
    number = background.running() or st.session_state.get("sample-loading")
    if number is not None:
        refreshed(_watched, 1.0)(int(number))
        return
    if st.button("Load the sample company", icon=":material/science:", key="load-sample"):
        guard.require("business", "import")
        st.session_state["sample-loading"] = background.start(person.username)
        audit.record("sample_loaded", actor=person, address=guard.address())
        st.rerun()


def _watched(number: int) -> None:
    guard.require("business", "import")
    found = imports.one(number)
    if found is not None and found["state"] == "running":
        share = min(float(found["progress"]), 0.99)
        st.progress(share, f"Loading the sample company: {int(found['rows_read']):,} order "
                    "lines, then its books")  # fmt: skip
        return
    st.session_state.pop("sample-loading", None)
    if found is not None and found["state"] != "done":
        notice(found["message"] or "The load stopped; try again.", "warning")
        return
    st.rerun(scope="app")
