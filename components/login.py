"""The sign-in form, and the page's half of getting and giving back the cookie."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from auth import signin
from auth.signin import Outcome
from components import brand, guard
from components.markup import escape
from data.database import DatabaseUnavailable

_FIELDS = {
    "Form name": "Sign in",
    "Username": "Username",
    "Password": "Password",
    "Login": "Sign in",
}


def form(company: str) -> None:
    """Name of the company and the form; a right password makes the browser fetch its cookie."""
    st.html(_sheet())
    with st.container(key="sign_in"):
        st.html(brand.head(company))
        outcome = _draw()
        if outcome is None:
            return
        if outcome.problem:
            st.error(outcome.problem, icon=":material/error:")
        elif outcome.ticket:
            st.html(
                "<p id='sentia-sign-in'>Signing in …</p>" + script("in", ticket=outcome.ticket),
                unsafe_allow_javascript=True,
            )


def script(act: str, ticket: str = "", then: str = "") -> str:
    """The element that makes the page sign `in` or `out` or `reload`; see server/signin.py."""
    data = {"act": act, "ticket": ticket, "then": then}
    said = " ".join(f'data-{name}="{escape(value)}"' for name, value in data.items() if value)
    return f'<script src="/auth/session.js" {said}></script>'


def _draw() -> Outcome | None:
    """streamlit-authenticator's form over our own store."""
    from components.authenticator import Form

    asked = Controller()
    Form(asked).login(fields=_FIELDS, key="Sign in")
    return asked.outcome


class Controller:
    """Stands where the library's form expects its controller: asks our accounts instead."""

    def __init__(self) -> None:
        self.outcome: Outcome | None = None

    def login(self, username: str, password: str, *_: Any, **__: Any) -> bool:
        """Check what was entered; False keeps the library from setting its own cookie."""
        try:
            self.outcome = signin.attempt(username, password, guard.address())
        except DatabaseUnavailable as error:
            self.outcome = Outcome(problem=str(error))
        return False


@lru_cache
def _sheet() -> str:
    return f"<style>{(Path(__file__).parent / 'login.css').read_text('utf-8')}</style>"
