"""What the Business page is narrowed to: chosen by clicking a bar, kept in the URL."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from components.markup import plain
from data.queries.sales import Filter

# Of these only one at a time: the daily figures know each beside the channel, not all together.
_ALONE = ("product", "country", "segment")
_LONGEST = 60
_TITLES = {"channel": "Channel", "product": "Product", "country": "Country", "segment": "Customers"}


def current() -> Filter:
    """The filter that the URL names."""
    # PostgreSQL has no text with a zero character in it.
    found = {name: st.query_params.get(name, "").replace("\0", "") for name in _TITLES}
    alone = next((name for name in _ALONE if found[name]), None)
    return Filter(found["channel"] or None, **({alone: found[alone]} if alone else {}))


def choose(name: str, label: str | None) -> None:
    """Narrow the page to a clicked bar, or widen it again when it was chosen already."""
    if label is None or label == st.query_params.get(name):
        return
    if name in _ALONE:
        for other in _ALONE:
            st.query_params.pop(other, None)
    st.query_params[name] = label
    st.rerun()


def chips(chosen: Filter, titles: Mapping[str, str]) -> None:
    """One button for each part of the filter, which takes it away."""
    active = [(name, getattr(chosen, name)) for name in _TITLES if getattr(chosen, name)]
    if not active:
        return
    with st.container(horizontal=True, key="business-filter"):
        for name, label in active:
            st.button(
                f"{_TITLES[name]}: {_shown(name, label, titles)}",
                icon=":material/close:",
                key=f"unfilter-{name}",
                help="Show all again",
                on_click=_clear,
                args=(name,),
            )


def _shown(name: str, label: str, titles: Mapping[str, str]) -> str:
    """Anything may stand in a URL, and a button reads Markdown."""
    text = titles.get(label, label) if name == "product" else label
    return plain(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _clear(name: str) -> None:
    st.query_params.pop(name, None)
