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
    """The same line as HTML, whose age counts on in the browser; empty without a source."""
    if not source:
        return ""
    classes = "sx-source sx-stale" if stale(as_of, stale_after, now) else "sx-source"
    if as_of is None:
        return f'<div class="{classes}">{escape(source)} · never received</div>'
    return (
        f'<div class="{classes}" {_attributes(as_of, stale_after, now)}>'
        f"{escape(source)} · {_age(as_of, stale_after, now)}</div>"
    )


def live(what: str, as_of: datetime | None, stale_after: timedelta, now: datetime) -> str:
    """“Last sample 3 s ago” with a dot whose colour and shape tell whether it is late."""
    if as_of is None:
        return (
            f'<div class="sx-live sx-stale"><span class="sx-dot"></span>No {escape(what)} yet</div>'
        )
    classes = "sx-live sx-stale" if stale(as_of, stale_after, now) else "sx-live"
    return (
        f'<div class="{classes}" {_attributes(as_of, stale_after, now)} role="status">'
        f'<span class="sx-dot"></span>Last {escape(what)} {_age(as_of, stale_after, now)}</div>'
    )


def _attributes(as_of: datetime, stale_after: timedelta | None, now: datetime) -> str:
    limit = stale_after.total_seconds() if stale_after else 0
    return (
        f'data-sx-age="{as_of.timestamp():.1f} {now.timestamp():.1f} {limit:g}" '
        f'title="{as_of.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"'
    )


def _age(as_of: datetime, stale_after: timedelta | None, now: datetime) -> str:
    old = "stale, " if stale(as_of, stale_after, now) else ""
    return f'<span class="sx-age">{old}{units.age(now - as_of)} ago</span>'
