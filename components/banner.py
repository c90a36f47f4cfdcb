"""Notices above a page: sample data, a stale source, a link that could not be read."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from components.markup import prose

Tone = Literal["info", "warning", "critical"]
_SYMBOLS = {"info": "i", "warning": "▲", "critical": "✕"}


def sample_data() -> None:
    """The label that every page showing sample data wears."""
    notice("Sample data: these figures belong to a company that does not exist.", "info")


def notice(sentence: str, tone: Tone = "info") -> None:
    """One sentence across the page."""
    st.html(html(sentence, tone))


def html(sentence: str, tone: Tone = "info") -> str:
    """The same as HTML, to put into a place of its own."""
    role = "status" if tone == "info" else "alert"
    return (
        f'<div class="sx-banner sx-banner-{tone}" role="{role}">'
        f'<span class="sx-banner-mark" aria-hidden="true">{_SYMBOLS[tone]}</span>'
        f"<span>{prose(sentence)}</span></div>"
    )
