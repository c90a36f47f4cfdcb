"""The product's own style sheet and behaviour on top of Streamlit's theme.

The sheet stands in the document, so that no run of a page sends it and no browser washes it again.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import streamlit as st

from components import brand

_SHEETS = ("style.css", "sidebar.css")
_SCRIPT = Path(__file__).parent.parent / "server" / "static" / "sentia.js"


@lru_cache
def sheet(company: str) -> bytes:
    """The whole sheet, with the company's name above the navigation."""
    folder = Path(__file__).parent
    parts = [(folder / name).read_text("utf-8") for name in _SHEETS]
    return "".join([*parts, brand.rule(company)]).encode()


def switch(theme: str | None = None, session: int | None = None) -> None:
    """A button between light and dark, for the sidebar; brings the script that our links need.

    `theme` of the person's profile (`light`, `dark`, `system`) holds from the begin of `session`.
    """
    st.html(_switch(theme or "", session or 0), unsafe_allow_javascript=True)


@lru_cache
def _version() -> str:
    return hashlib.sha256(_SCRIPT.read_bytes()).hexdigest()[:8]


def _switch(theme: str, session: int) -> str:
    wanted = f' data-theme="{theme.capitalize()}" data-session="{session}"' if theme else ""
    return (
        '<button type="button" class="sx-theme" title="Switch between light and dark">'
        '<span class="sx-theme-mark" aria-hidden="true"></span>'
        f'Light or dark</button><script src="/app/static/sentia.js?v={_version()}"{wanted}>'
        "</script>"
    )
