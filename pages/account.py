"""Your own account: name and password."""

from __future__ import annotations

import streamlit as st

from components import guard
from pages import Page


def render() -> None:
    """Who you are here."""
    person = guard.person()
    st.title("Your account")
    st.write(f"Signed in as {person.username}, {person.role}.")


PAGE = Page("account", "Your account", ":material/person:", "", None, render)
