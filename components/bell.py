"""How many alerts fire, beside the navigation of every page."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from alerts import store
from components import guard
from components.runs import refreshed
from data.database import DatabaseUnavailable

_EVERY_S = 15
_FRESH_S = 5.0
_known: dict[str, tuple[float, int]] = {}


def show(page: Any) -> None:
    """Refreshes itself and leads to `page`; on phones it stands in the head, see sidebar.css."""
    with st.sidebar.container(key="bell"):
        refreshed(_draw, _EVERY_S, "bell")(page)


def _draw(page: Any) -> None:
    guard.require("alerts")
    try:
        firing = _firing()
    except DatabaseUnavailable:
        return
    words = {0: "No alert fires", 1: "1 alert fires"}.get(firing, f"{firing} alerts fire")
    mark = ":material/notifications_active:" if firing else ":material/notifications:"
    with st.container(key="bell-rings" if firing else "bell-calm"):
        st.page_link(page, label=words, icon=mark)


def _firing() -> int:
    """One question every few seconds for all pages of this process."""
    now = time.monotonic()
    cached = _known.get("firing")
    if cached is None or now - cached[0] > _FRESH_S:
        cached = _known["firing"] = (now, store.firing_count())
    return cached[1]
