"""The sign-in form, and the page's half of getting and giving back the cookie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from auth import identities, links, passwords, signin
from auth.passwords import PasswordRefused
from auth.signin import Outcome
from components import brand, guard
from components.markup import escape, plain
from config.settings import settings
from data.database import DatabaseUnavailable

# What server/single_sign_on.py and the form agree on: Streamlit's names of the provider (asked as
# ever, asked anew), where it leaves a claim, and which parameter says why somebody was refused.
PROVIDER, PROVIDER_ANEW = "company", "anew"
CLAIM_COOKIE = "sentia_claim"
REFUSED = "refused"
_CLAIM = "sign-in claim"
_FIELDS = {
    "Form name": "Sign in",
    "Username": "Username",
    "Password": "Password",
    "Login": "Sign in",
}


def form(company: str) -> None:
    """Name of the company and the form; a right password makes the browser fetch its cookie."""
    with _card(company):
        claim = st.session_state.get(_CLAIM, st.context.cookies.get(CLAIM_COOKIE))
        outcome = (_draw() if claim is None else _code(claim)) or Outcome(claim=claim)
        if problem := outcome.problem or refusal():
            st.error(problem, icon=":material/error:")
        if outcome.ticket:
            enter(outcome.ticket)
            return
        if outcome.claim != claim:
            st.session_state[_CLAIM] = outcome.claim
            if not outcome.problem:
                st.rerun()
        if claim is None:
            _by_provider()
            _forgotten()


def refusal() -> str | None:
    """Why single sign-on led back here, said once; never a text out of the address."""
    if REFUSED in st.query_params:
        st.session_state[REFUSED] = st.query_params[REFUSED]
        del st.query_params[REFUSED]
    return identities.REFUSALS.get(st.session_state.get(REFUSED, ""))


def _by_provider() -> None:
    """The way through the company's own sign-in, where one is set."""
    if settings().single_sign_on and st.button(
        f"Sign in with {settings().sentia_oidc_label}", key="provider", width="stretch"
    ):
        st.login(PROVIDER)


def enter(ticket: str) -> None:
    """Make the page trade the ticket for its cookie and load again."""
    st.html(
        "<p id='sentia-sign-in'>Signing in …</p>" + script("in", ticket=ticket),
        unsafe_allow_javascript=True,
    )


def new_password(company: str, token: str) -> None:
    """What an invitation or a reset link opens."""
    with _card(company):
        user = links.owner(token)
        if user is None:
            st.error("This link was used or is too old; ask for another.", icon=":material/error:")
            st.html('<a class="sx-action" href="/" target="_self">Sign in</a>')
            return
        with st.form("new password"):
            st.subheader("Choose a password")
            st.caption(f"For {plain(user['username'])}. {passwords.SHORTEST} characters or more.")
            first = st.text_input("New password", type="password")
            again = st.text_input("New password again", type="password")
            if st.form_submit_button("Set password"):
                _set(token, first, again)


def _set(token: str, first: str, again: str) -> None:
    if first != again:
        st.error("The two passwords differ.", icon=":material/error:")
        return
    try:
        username = links.use(token, first, guard.address())
    except PasswordRefused as refused:
        st.error(str(refused), icon=":material/error:")
        return
    if username is None:
        st.error("This link was used or is too old; ask for another.", icon=":material/error:")
        return
    st.success("The password is set. Sign in with it.")
    st.html('<a class="sx-action" href="/" target="_self">Sign in</a>')


@contextmanager
def _card(company: str) -> Iterator[None]:
    st.html(_sheet())
    with st.container(key="sign_in"):
        st.html(brand.head(company))
        yield


def _code(claim: str) -> Outcome | None:
    """The second step: a code of the authenticator app, or a recovery code."""
    with st.form("second factor", clear_on_submit=True):
        st.subheader("Enter your code")
        code = st.text_input("Code", help="From your authenticator app, or a recovery code.")
        if not st.form_submit_button("Continue"):
            return None
    try:
        return signin.prove(claim, code, guard.address())
    except DatabaseUnavailable as error:
        return Outcome(problem=str(error), claim=claim)


def _forgotten() -> None:
    """A way back in; the same answer whoever asks."""
    if settings().sentia_smtp_url is None:
        return
    with st.expander("Forgotten password"):
        email = st.text_input("Email address", key="forgotten")
        if st.button("Send a link", disabled=not email):
            links.forgotten(email, guard.address())
            st.info("If the address belongs to an account, a link is on its way.")


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
