"""The head of a page: its name, what it answers, and its controls on the same line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from components import banner
from components.markup import escape

_notices: ContextVar[list[str] | None] = ContextVar("notices", default=None)


@contextmanager
def heading(title: str, note: str = "") -> Iterator[None]:
    """Name of the page; what is drawn inside (`period.picker()`) stands on the same line."""
    kept: list[str] = []
    before = _notices.set(kept)
    try:
        with st.container(horizontal=True, vertical_alignment="center", key="sx-head"):
            beneath = f'<p class="sx-subtitle">{escape(note)}</p>' if note else ""
            name = f'<h1 class="sx-title">{escape(title)}</h1>'
            st.html(f'<div class="sx-page-head">{name}{beneath}</div>')
            yield
    finally:
        _notices.reset(before)
    for sentence in kept:
        banner.notice(sentence, "warning")


def notice(sentence: str) -> None:
    """A warning that belongs under the head, not into its line of controls."""
    kept = _notices.get()
    if kept is None:
        banner.notice(sentence, "warning")
    else:
        kept.append(sentence)
