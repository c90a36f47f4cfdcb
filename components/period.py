"""The time range of a page: chosen here, kept in the URL, remembered from page to page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from components import banner, presets, timespan
from components.timespan import Family, Period
from data import company

__all__ = ["Period", "picker"]
_CUSTOM = "custom"


def picker(
    family: Family = "business", *, refresh: float | None = None, compare: bool = True
) -> Period:
    """The chosen period, from the URL. Draw it inside `components.heading.heading`.

    family: "business" is whole company days, "live" ends at this moment (5 min … 1 year).
    refresh: seconds between two refreshes; shows a pause button, and `Period.refresh` is None
    while paused. compare: offer the comparison (previous period, last year, none).
    """
    now = datetime.now(UTC)
    try:
        found = timespan.resolve(st.query_params.to_dict(), now, company.zone(), family)
    except timespan.BadPeriod as error:
        banner.notice(f"{error} The default range is shown.", "warning")
        found = timespan.default(now, company.zone(), family)
    names = presets.LIVE if family == "live" else presets.BUSINESS
    st.selectbox(
        "Range",
        names,
        format_func=lambda name: presets.TITLES[name],
        index=names.index(found.preset) if found.preset in names else 0,
        label_visibility="collapsed",
        width=180,
        key=f"sx-range-{family}",
    )
    return replace(found, refresh=refresh)
