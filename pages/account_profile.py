"""Your account: name, zone, theme, start page, email address, password."""

from __future__ import annotations

from zoneinfo import available_timezones

import streamlit as st

from auth import people, profiles, roles, signin
from auth.passwords import SHORTEST, PasswordRefused
from auth.people import AccountRefused, Person
from components import confirm, guard
from components.markup import plain
from config.settings import settings

_SAVED = "profile saved"
_THEMES = {
    "": "As this browser has it",
    "light": "Light",
    "dark": "Dark",
    "system": "As the system has it",
}


def profile(person: Person) -> None:
    """Name, time zone, theme and start page."""
    from pages.registry import pages

    # What a run says just before it starts over may never reach the browser.
    if st.session_state.pop(_SAVED, False):
        st.toast("Saved.", icon=":material/check:")
    user = people.find(person.username)
    starts = {
        page.slug: page.title
        for page in pages()
        if page.section and page.resource and roles.can(person.role, page.resource, page.action)
    }
    zones = ["", *sorted(available_timezones())]
    with st.form("profile", border=False, width=480):
        name = st.text_input("Name", user["name"])
        zone = st.selectbox("Time zone", zones, _position(zones, person.zone or ""),
                            format_func=lambda zone: zone or "The company's")  # fmt: skip
        theme = st.selectbox("Theme", list(_THEMES), _position(list(_THEMES), person.theme or ""),
                             format_func=lambda theme: _THEMES[theme])  # fmt: skip
        start = st.selectbox(
            "Start page", ["", *starts], _position(["", *starts], person.start_page),
            format_func=lambda slug: starts.get(slug, "The first one"),
        )  # fmt: skip
        if st.form_submit_button("Save profile"):
            _save({"name": name, "zone": zone, "theme": theme, "start_page": start})


def email(person: Person) -> None:
    """Where links to set a password are sent, so changing it asks who sits there."""
    known = people.find(person.username)["email"]
    st.caption(f"Email: {plain(known)}" if known else "No email address.")
    if not st.toggle("Change the email address", key="email-change"):
        return
    if not confirm.fresh("change your email address", "email"):
        return
    with st.form("email", border=False, width=480):
        wanted = st.text_input("Email", known or "", help="Where links are sent.")
        if st.form_submit_button("Save address"):
            _save({"email": wanted})


def _save(changes: dict[str, str | None]) -> None:
    person = guard.person()
    try:
        profiles.change(person.username, changes, by=person)
    except AccountRefused as refused:
        st.error(str(refused), icon=":material/error:")
    else:
        st.session_state[_SAVED] = True
        st.rerun()


def password(person: Person) -> None:
    """A new password, for who knows the present one."""
    if people.find(person.username)["password_hash"] is None:
        st.caption(f"None: you come in by {plain(settings().sentia_oidc_label)}.")
        return
    with st.form("password", border=False, clear_on_submit=True, width=480):
        old = st.text_input("Present password", type="password")
        new = st.text_input("New password", type="password", help=f"{SHORTEST} characters or more.")
        again = st.text_input("New password again", type="password")
        wanted = st.form_submit_button("Change password")
        if wanted and (problem := _change(person, old, new, again)):
            st.error(problem, icon=":material/error:")


def _change(person: Person, old: str, new: str, again: str) -> str | None:
    """Every session ends with it, this one too; None when it was done."""
    if new != again:
        return "The two new passwords differ."
    if problem := signin.step_up(person, old, guard.address()):
        return problem
    try:
        people.set_password(person.username, new, by=guard.person())
    except PasswordRefused as refused:
        return str(refused)
    return None


def _position(values: list[str], value: str | None) -> int:
    return values.index(value) if value in values else 0
