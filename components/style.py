"""The product's own style sheet and behaviour on top of Streamlit's theme."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import streamlit as st

_SHEET = Path(__file__).parent / "style.css"


def apply() -> None:
    """To be called once at the begin of every full run, before anything is drawn."""
    st.html(_sheet())


@lru_cache
def _sheet() -> str:
    return f"<style>{_SHEET.read_text('utf-8')}</style>"
