"""Who uses the product, and who may."""

from __future__ import annotations

import streamlit as st

from components import guard
from pages import Page


def render() -> None:
    """Accounts and sessions."""
    guard.require("users")
    st.title("Users")


PAGE = Page("users", "Users", ":material/group:", "Administration", "users", render)
