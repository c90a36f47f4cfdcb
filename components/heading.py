"""The head of a page: its name, what it answers, and its controls on the same line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from components.markup import escape


@contextmanager
def heading(title: str, note: str = "") -> Iterator[None]:
    """Name of the page; what is drawn inside (`period.picker()`) stands on the same line."""
    with st.container(horizontal=True, vertical_alignment="center", key="sx-head"):
        beneath = f'<p class="sx-subtitle">{escape(note)}</p>' if note else ""
        st.html(
            f'<div class="sx-page-head"><h1 class="sx-title">{escape(title)}</h1>{beneath}</div>'
        )
        yield
