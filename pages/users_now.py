"""Users → Now: who has a page open, and every live session with a way to end it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from auth import devices, people, sessions, usage
from components import guard, tables, tiles
from components.panel import panel
from components.runs import refreshed
from components.tiles import Tile


def show() -> None:
    """Tiles and open pages refresh themselves; the list of sessions stays still to be clicked."""
    refreshed(_here, 5)()
    with panel("Sessions", "signed-in browsers", key="sessions"):
        _sessions()


def _here() -> None:
    guard.require("users")
    counts = usage.active()
    unknown = "Page views do not say who looked."
    tiles.row(
        [
            Tile("Here now", counts["now"], link="users?view=Now"),
            Tile("Active today", counts["day"], reason=unknown),
            Tile("Active in 7 days", counts["week"], reason=unknown),
            Tile("Active in 30 days", counts["month"], reason=unknown),
            Tile("Stickiness", counts["stickiness_pct"], unit="percent", reason=unknown,
                 note="today of 30 days"),
        ]
    )  # fmt: skip
    with panel("Here now", "page, since when, from where", key="here"):
        columns = {"name": "Name", "role": "Role", "page": "Page", "since": "Since",
                   "address": "From", "agent": "Browser"}  # fmt: skip
        frame = usage.now()
        frame["agent"] = frame["agent"].map(devices.device)
        tables.table(frame, name="here-now", columns=columns, nothing="Nobody is here.")


def _sessions() -> None:
    rows = sessions.live()
    frame = pd.DataFrame([{**row, "agent": devices.device(row["agent"])} for row in rows])
    columns = {"id": "Session", "username": "Username", "role": "Role", "created_at": "Since",
               "seen_at": "Last seen", "expires_at": "Ends", "method": "By",
               "address": "From", "agent": "Browser"}  # fmt: skip
    tables.table(frame, name="sessions", columns=columns, key="sessions-list")
    ids = {row["id"]: f"{row['id']}: {row['username']}, {row['address']}" for row in rows}
    who = sorted({row["username"] for row in rows})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = st.selectbox("Session", list(ids), format_func=lambda id_: ids[id_], key="end-one")
        if st.button("End session") and one is not None:
            actor = guard.require("sessions", "edit")
            sessions.revoke(one, actor, guard.address())
            st.rerun()
        person = st.selectbox("Person", who, key="end-all")
        if st.button("End all of theirs") and person is not None:
            actor = guard.require("sessions", "edit")
            sessions.revoke_all(people.find(person)["id"], person, actor, guard.address())
            st.rerun()
