"""Your account: setting up and removing the second factor."""

from __future__ import annotations

import io

import segno
import streamlit as st

from auth import factors, signin
from auth.factors import FactorRefused
from auth.people import Person
from components import banner, confirm, guard
from components.markup import escape


def required() -> None:
    """Why nothing else is shown."""
    banner.notice("Your role needs a second factor; set it up to go on.", "warning")


def show(person: Person) -> None:
    """Off, being set up, or on."""
    if codes := st.session_state.pop("recovery codes", None):
        st.success("The second factor is on. Keep these recovery codes; they are not shown again.")
        st.code("\n".join(codes), language=None)
        return
    if factors.enabled(person.id):
        _on(person)
    elif st.session_state.get("factor secret"):
        _begun(person, st.session_state["factor secret"])
    elif st.toggle("Set up a second factor", key="factor-begin"):
        # A stranger at an open page would else make one of their own, and confirm with its code.
        if signin.signed_in_just_now(person) or confirm.fresh("set it up", "factor-new"):
            st.session_state["factor secret"] = factors.begin(person)
            st.rerun()
    else:
        st.caption("Off. An authenticator app then shows a code for each sign-in.")


def _begun(person: Person, secret: str) -> None:
    drawn = io.BytesIO()
    segno.make(factors.address(secret, person)).save(drawn, kind="svg", scale=4, border=2,
                                                     dark="#111", light="#fff")  # fmt: skip
    st.caption("Scan this with your authenticator app, or type the key; then enter its code.")
    st.image(drawn.getvalue().decode(), width=200)
    st.html(f"<code>{escape(' '.join(secret[i : i + 4] for i in range(0, len(secret), 4)))}</code>")
    with st.form("factor", border=False, clear_on_submit=True, width=480):
        code = st.text_input("Code")
        if st.form_submit_button("Switch on"):
            try:
                st.session_state["recovery codes"] = factors.confirm(guard.person(), code)
            except FactorRefused as refused:
                st.error(str(refused), icon=":material/error:")
            else:
                del st.session_state["factor secret"]
                st.rerun()


def _on(person: Person) -> None:
    st.caption(f"On. {factors.codes_left(person.id)} recovery codes are left.")
    if not st.toggle("Remove it", key="factor-remove"):
        return
    if confirm.fresh("remove the second factor", "factor") and st.button("Remove second factor"):
        factors.remove(person.id, person.username, by=guard.person())
        st.rerun()
