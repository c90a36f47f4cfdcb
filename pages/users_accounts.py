"""Users → Accounts: invite, change, shut; and everybody's tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from auth import factors, links, people, roles
from auth.passwords import PasswordRefused
from auth.people import AccountRefused
from components import confirm, guard, tables
from components.panel import panel
from pages import account_tokens


def show() -> None:
    """The list, then what can be done."""
    with panel("Accounts", key="accounts"):
        columns = {"username": "Username", "name": "Name", "role": "Role", "email": "Email",
                   "state": "State", "last_signed_in_at": "Last signed in",
                   "sessions": "Sessions", "created_at": "Made"}  # fmt: skip
        frame = accounts()
        tables.table(frame, name="accounts", columns=columns, key="accounts-list")
    _link_made()
    if not confirm.fresh("change accounts", "accounts"):
        return
    left, right = st.columns(2)
    with left, panel("Invite", "a link by which the person sets a password", key="invite"):
        _invite()
    with right, panel("Change", key="change"):
        _change(frame)


def accounts() -> pd.DataFrame:
    """Every account, with its state in a word."""
    frame = pd.DataFrame([dict(row) for row in people.everyone()])
    frame["email"] = frame["email"].fillna("")
    frame["state"] = frame["disabled_at"].isna().map({True: "active", False: "disabled"})
    return frame


def tokens() -> None:
    """Everybody's API tokens."""
    with panel("API tokens", "of everybody; each person makes theirs on Your account", key="all"):
        account_tokens.listing(None, "token-all")


def _invite() -> None:
    with st.form("invite", border=False, clear_on_submit=True):
        username = st.text_input("Username", key="invite-username")
        name = st.text_input("Name")
        email = st.text_input("Email", help="Without one, or without a mail server, you hand over.")
        role = st.selectbox("Role", roles.ROLES, key="invite-role")
        if st.form_submit_button("Invite", type="primary"):
            _do(lambda by: _show_link(
                links.invite(username, str(role), name=name, email=email, by=by)))  # fmt: skip


def _change(frame: pd.DataFrame) -> None:
    username = st.selectbox("Account", list(frame["username"]), key="change-who")
    row = frame[frame["username"] == username].iloc[0]
    position = roles.ROLES.index(row["role"])
    role = st.selectbox("Role", roles.ROLES, position, key=f"role-of-{username}")
    with st.container(horizontal=True):
        if st.button("Set role", disabled=role == row["role"]):
            _do(lambda by: people.set_role(username, str(role), by))
        if st.button("Password link"):
            _do(lambda by: _show_link(links.reset(username, by)))
        if row["state"] == "active" and st.button("Disable"):
            _do(lambda by: people.disable(username, by))
        if row["state"] == "disabled" and st.button("Enable"):
            _do(lambda by: people.enable(username, by))
        if st.button("Remove second factor", key="factor-off"):
            _do(lambda by: factors.remove(int(row["id"]), username, by))
        if st.button("Delete", type="tertiary", icon=":material/delete:"):
            _do(lambda by: people.delete(username, by))


def _do(change: Callable[[Any], Any]) -> None:
    """Ask for the permission where it is used, do it, and show the list anew."""
    try:
        change(guard.require("users", "edit"))
    except (AccountRefused, PasswordRefused) as refused:
        st.error(str(refused), icon=":material/error:")
    else:
        st.rerun()


def _show_link(link: links.Link) -> None:
    st.session_state["link made"] = link


def _link_made() -> None:
    link = st.session_state.pop("link made", None)
    if link is None:
        return
    if link.mailed:
        st.success("The link was mailed.")
    else:
        st.success("Hand over this link; it works once and is not shown again.")
        st.code(link.address, language=None)
