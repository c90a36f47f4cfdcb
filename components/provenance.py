"""Where a figure comes from and how old it is; amber once its source has stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from components import units
from components.markup import escape


def line(source: str, as_of: datetime | None, stale_after: timedelta | None = None) -> None:
    """One quiet line under a panel: source, age, and whether it is stale."""
    st.html(html(source, as_of, stale_after, datetime.now(UTC)))


def stale(as_of: datetime | None, stale_after: timedelta | None, now: datetime) -> bool:
    """Whether the source is older than it may be; one that never spoke is."""
    return stale_after is not None and (as_of is None or now - as_of > stale_after)


def html(source: str, as_of: datetime | None, stale_after: timedelta | None, now: datetime) -> str:
    """The same line as HTML; empty without a source."""
    if not source:
        return ""
    old = stale(as_of, stale_after, now)
    when = f"{units.age(now - as_of)} ago" if as_of else "never received"
    mark = '<span aria-label="stale" role="img">▲</span> ' if old else ""
    at = f' title="{as_of.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"' if as_of else ""
    return (
        f'<div class="sx-source{" sx-stale" if old else ""}"{at}>{mark}{escape(source)}'
        f'<span class="sx-age"> · {"stale, " if old else ""}{when}</span></div>'
    )
