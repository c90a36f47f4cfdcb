"""How many alerts fire, beside the navigation of every page."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st
import structlog

from alerts import store
from components import guard
from components.once import Once
from components.runs import refreshed
from data.database import DatabaseUnavailable

_log = structlog.get_logger()
_EVERY_S = 15
_FRESH_S = 5.0
_WORDS = {None: "Alerts: not known", 0: "No alert fires", 1: "1 alert fires"}
_KNOWN: Once[int] = Once(keep=2)


def show(page: Any) -> None:
    """Refreshes itself and leads to `page`; on phones it stands in the head, see sidebar.css."""
    with st.sidebar.container(key="bell"):
        refreshed(_draw, _EVERY_S, "bell")(page)


def _draw(page: Any) -> None:
    firing: int | None = None  # the way to the alerts stays, without a number that nobody knows
    try:
        guard.require("alerts")
        firing = _firing()
    except DatabaseUnavailable:
        pass  # said by the page itself
    except Exception as error:  # the bell failing must never blank the page
        _log.error("the bell failed", exc_info=error)
    words = _WORDS.get(firing, f"{firing} alerts fire")
    mark = ":material/notifications_active:" if firing else ":material/notifications:"
    with st.container(key="bell-rings" if firing else "bell-calm"):
        st.page_link(page, label=words, icon=mark)


def _firing() -> int:
    """One question every few seconds for all pages of this process."""
    return _KNOWN.get(time.monotonic() // _FRESH_S, store.firing_count)
