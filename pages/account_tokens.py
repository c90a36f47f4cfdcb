"""API tokens: made, shown once, revoked."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import streamlit as st

from auth import roles, tokens
from auth.people import Person
from auth.tokens import TokenRefused
from components import confirm, guard, tables

_DAYS = {"30 days": 30, "90 days": 90, "A year": 365}


def show(person: Person) -> None:
    """The person's tokens, and making another."""
    if made := st.session_state.pop("token made", None):
        st.success("This is the token. Copy it now; it is not shown again.")
        st.code(made, language=None)
    listing(person.id, "token-mine")
    if not st.toggle("Make a token", key="token-new"):
        return
    if confirm.fresh("make a token", "token"):
        _form(person)


def listing(user_id: int | None, key: str) -> None:
    """Tokens of one person or of all, with a way to revoke."""
    rows = tokens.listed(user_id)
    frame = pd.DataFrame([dict(row) for row in rows])
    if frame.empty:
        st.caption("No tokens.")
        return
    columns = {"name": "Name", "owner": "Owner", "role": "Role", "expires_at": "Expires",
               "used_at": "Last used", "used_from": "From"}  # fmt: skip
    tables.table(frame, name="tokens", columns=columns, key=key)
    names = {row["id"]: f"{row['name']} ({row['owner']})" for row in rows}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Token", list(names), format_func=lambda one: names[one], key=f"{key}-which"
        )
        if st.button("Revoke token", key=f"{key}-revoke") and chosen is not None:
            by = guard.person() if user_id is not None else guard.require("users", "edit")
            tokens.revoke(chosen, by, guard.address())
            st.rerun()


def _form(person: Person) -> None:
    mine = [role for role in roles.ROLES if roles.rank(role) <= roles.rank(person.role)]
    resources = [name for name in roles.ACTIONS if roles.can(person.role, name)]
    with st.form("token", border=False, width=480):
        name = st.text_input("Name", placeholder="Nightly export", key="token-name")
        role = st.selectbox("Role", mine)
        lasts = st.selectbox("Lasts", list(_DAYS))
        scopes = st.multiselect("Only for", resources, placeholder="Everything the role may")
        networks = st.text_input("Only from", placeholder="192.0.2.0/24, 198.51.100.7")
        if not st.form_submit_button("Make token"):
            return
    try:
        st.session_state["token made"] = tokens.make(
            guard.person(), name, role, timedelta(days=_DAYS[lasts]), scopes=scopes or None,
            addresses=networks.split(","), from_address=guard.address(),
        )  # fmt: skip
    except TokenRefused as refused:
        st.error(str(refused), icon=":material/error:")
    else:
        st.rerun()
