"""Asks again who sits there, before something that a stranger at an open page must not do."""

from __future__ import annotations

import streamlit as st

from auth import identities, signin
from components import guard, login
from config.settings import settings


def fresh(what: str, key: str) -> bool:
    """True when the person confirmed who they are in the last ten minutes; else asks for it.

    `what` completes “Confirm that it is you to …”.
    """
    person = guard.person()
    if signin.stepped_up(person):
        st.session_state.pop(login.REFUSED, None)
        return True
    with st.form(f"confirm-{key}", clear_on_submit=True, border=True, width=480):
        st.markdown(f"Confirm that it is you to {what}.")
        secret = st.text_input(
            "Your password, or a code of your app", type="password", key=f"confirm-{key}-secret"
        )
        if st.form_submit_button("Confirm"):
            problem = signin.step_up(person, secret, guard.address())
            if problem is None:
                st.rerun()
            st.error(problem, icon=":material/error:")
        elif refused := login.refusal():
            st.error(refused, icon=":material/error:")
    if identities.linked(person.id) and st.button(
        f"Confirm with {settings().sentia_oidc_label}", key=f"confirm-{key}-provider"
    ):
        st.login(login.PROVIDER_ANEW)
    return False
