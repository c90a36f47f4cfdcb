"""Users → Audit: search the trail, take it out, prove that it is whole."""

from __future__ import annotations

import json

import pandas as pd
import streamlit as st

from auth import audit
from components import guard, tables
from components.panel import panel

_MOST = 1000


def show() -> None:
    """The newest rows that match."""
    guard.require("audit")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input("Search", key="audit-words", placeholder="Any word")
        actor = st.text_input("Who", key="audit-actor", placeholder="Username")
        action = st.text_input("What", key="audit-action", placeholder="user. or sign_in")
        prove = st.button("Verify the trail", icon=":material/verified:")
    if prove:
        _verify()
    rows = audit.recent(action=action.strip(), actor=actor.strip().lower(), words=words.strip(),
                        limit=_MOST)  # fmt: skip
    with panel("Audit trail", f"newest first, {_MOST} rows at most", key="trail"):
        frame = pd.DataFrame(
            [{**row, "address": row["address"] or "", "detail": _words(row["detail"])}
             for row in rows]
        )  # fmt: skip
        columns = {"id": "Row", "at": "When", "actor": "Who", "address": "From", "action": "What",
                   "object": "On what", "outcome": "Outcome", "detail": "Detail"}  # fmt: skip
        tables.table(frame, name="audit", columns=columns, nothing="No row matches.")


def _words(detail: dict[str, object]) -> str:
    return json.dumps(detail, ensure_ascii=False) if detail else ""


def _verify() -> None:
    broken = audit.first_broken()
    if broken is None:
        st.success(f"The trail is whole: {audit.length():,} rows.")
    else:
        st.error(f"The trail is broken at row {broken[0]}: {broken[1]}.", icon=":material/error:")
