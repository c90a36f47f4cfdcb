"""The time range of a page: chosen here, kept in the URL, remembered from page to page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import streamlit as st

from components import heading, presets, timespan
from components.timespan import Family, Period
from data import company

__all__ = ["Period", "picker"]
_CUSTOM = "custom"
_PARAMETERS = ("range", "from", "to", "against")
_AGAINST = {"previous": "vs previous period", "year": "vs last year", "none": "No comparison"}


def picker(
    family: Family = "business", *, refresh: float | None = None, compare: bool = True
) -> Period:
    """The chosen period, from the URL. Draw it inside `components.heading.heading`.

    family: "business" is whole company days, "live" ends at this moment (5 min … 1 year).
    refresh: seconds between two refreshes; shows a pause button, and `Period.refresh` is None
    while paused. compare: offer the comparison (previous period, last year, none).
    """
    _recall(family)
    found = _from_url(family)
    with st.container(horizontal=True, width="content", gap="small", key=f"sx-period-{family}"):
        _range(found, family)
        if compare:
            _comparison(found)
        running = refresh is not None and _pause_button()
    return replace(found, refresh=refresh if running else None)


def _from_url(family: Family) -> Period:
    now, zone = datetime.now(UTC), company.zone()
    try:
        return timespan.resolve(st.query_params.to_dict(), now, zone, family)
    except timespan.BadPeriod as error:
        heading.notice(f"{error} The default range is shown.")
        return timespan.default(now, zone, family)


def _recall(family: Family) -> None:
    """A page opened without a range shows the one chosen last on a page of its kind."""
    given = st.query_params.to_dict()
    remembered: Mapping[str, str] = st.session_state.get(f"sx-period-{family}-chosen", {})
    if any(name in given for name in _PARAMETERS):
        chosen = {name: given[name] for name in _PARAMETERS if name in given}
        st.session_state[f"sx-period-{family}-chosen"] = chosen
    elif remembered:
        st.query_params.update(remembered)


def _range(found: Period, family: Family) -> None:
    names = list(presets.LIVE if family == "live" else presets.BUSINESS)
    if found.preset and found.preset not in names:
        names.append(found.preset)
    key = f"sx-range-{family}"
    st.session_state[key] = found.preset or _CUSTOM
    st.selectbox(
        "Time range",
        [*names, _CUSTOM],
        key=key,
        format_func=partial(_title, found),
        on_change=_chosen,
        args=(found, key),
        label_visibility="collapsed",
        width=178,
        help=None,
    )
    if not found.preset:
        _limits(found, family)


def _title(found: Period, name: str) -> str:
    if name != _CUSTOM:
        return presets.TITLES[name]
    return "Custom range…" if found.preset else "Custom range"


def _chosen(found: Period, key: str) -> None:
    name = st.session_state[key]
    if name == _CUSTOM:
        _put({name: value for name, value in replace(found, preset="").query().items()})
    else:
        _put({"range": name})


def _limits(found: Period, family: Family) -> None:
    """From and to: days for business, instants for live figures."""
    ask: Any = st.datetime_input if family == "live" else st.date_input
    begin, end, wide = *_local(found, family), 190 if family == "live" else 150
    for name, value, words in (("from", begin, "From"), ("to", end, "To")):
        key = f"sx-{name}-{family}"
        if st.session_state.get(key) != value:  # setting it takes away what is being typed
            st.session_state[key] = value
        ask(words, key=key, on_change=_limited, args=(family,), width=wide,
            label_visibility="collapsed", format="YYYY-MM-DD")  # fmt: skip


def _local(found: Period, family: Family) -> tuple[date, date]:
    if family != "live":
        return found.days()
    begin, end = (
        at.astimezone(found.zone).replace(tzinfo=None, second=0, microsecond=0)
        for at in (found.start, found.end)
    )
    return begin, end


def _limited(family: Family) -> None:
    """Whichever limit was moved, the other one follows so that there is a range."""
    begin, end = (st.session_state[f"sx-{name}-{family}"] for name in ("from", "to"))
    if begin is None or end is None:
        return
    if end < begin:
        end = begin + (timedelta(hours=1) if family == "live" else timedelta(0))
    form = "%Y-%m-%dT%H:%M" if family == "live" else "%Y-%m-%d"
    _put({"from": begin.strftime(form), "to": end.strftime(form)})


def _comparison(found: Period) -> None:
    st.session_state["sx-against"] = found.against
    st.selectbox(
        "Compare with",
        list(_AGAINST),
        key="sx-against",
        format_func=lambda name: _AGAINST[name],
        on_change=_compared,
        label_visibility="collapsed",
        width=172,
    )


def _compared() -> None:
    st.query_params["against"] = st.session_state["sx-against"]


def _pause_button() -> bool:
    """Draws it; whether the page refreshes by itself."""
    paused = st.query_params.get("refresh") == "off"
    st.button(
        "Resume" if paused else "Pause",
        key="sx-pause",
        icon=":material/play_arrow:" if paused else ":material/pause:",
        on_click=_toggle,
        args=(paused,),
        help="Refresh by itself again" if paused else "Stop refreshing by itself",
    )
    return not paused


def _toggle(paused: bool) -> None:
    if paused:
        st.query_params.pop("refresh", None)
    else:
        st.query_params["refresh"] = "off"


def _put(chosen: Mapping[str, str]) -> None:
    """Replace the range in the URL and leave every other parameter alone."""
    for name in ("range", "from", "to"):
        st.query_params.pop(name, None)
    st.query_params.update({name: value for name, value in chosen.items() if name != "against"})
