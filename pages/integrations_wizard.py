"""Connecting a vendor: steps, credentials typed once, a test at once; Xero's sign-in."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from auth import audit, roles
from auth.people import Person
from components import confirm, empty, guard
from components.banner import notice
from components.panel import panel
from data.integrations import connections, credentials, probe, tokens, xero_sign_in
from data.integrations.client import Input
from data.integrations.connections import Connection
from data.integrations.credentials import Credentials
from data.integrations.errors import VendorError
from data.integrations.registry import VENDORS
from data.integrations.status import Standing
from data.integrations.xero import Xero
from data.secrets import KeyRefused, SecretUnreadable

_ANSWER = ("state", "code", "error", "error_description", "scope", "session_state")
_SAID = "xero-said"
_TROUBLE = (VendorError, SecretUnreadable, KeyRefused)


def adding(person: Person) -> None:
    """A further connection of a vendor, such as a second shop."""
    if not roles.can(person.role, "integrations", "credentials"):
        return
    with st.popover("Add a connection", icon=":material/add:"), st.form("add-connection"):
        synced = [each for each in VENDORS.values() if each.every is not None]
        vendor = st.selectbox("Vendor", synced, format_func=lambda each: each.title)
        short = st.text_input("Short name", placeholder="outlet")
        if st.form_submit_button("Add") and short:
            try:
                made = connections.add(f"{vendor.name}-{short.strip().lower()}")
            except connections.Unknown as error:
                notice(str(error), "warning")
                return
            _note("add", made.name)
            st.rerun()


def show(each: Standing, person: Person) -> None:
    """Steps, the form, and what else belongs to the sign-in."""
    connection = each.connection
    with panel(f"Connect {connection.title}"):
        for number, step in enumerate(connection.vendor.steps, 1):
            st.markdown(f"{number}. {step}")
        if not roles.can(person.role, "integrations", "credentials"):
            empty.state("Only an admin may enter credentials.")
            return
        if not confirm.fresh("change what a vendor is reached with", f"vendor-{connection.name}"):
            return
        _form(connection, credentials.load(connection.name, connection.vendor.name))
        if connection.vendor.name == "xero":
            # Read anew: the form may just have been saved.
            _xero(connection, credentials.load(connection.name, "xero"))
    with panel("Schedule"):
        _schedule(connection)


def _form(connection: Connection, given: Credentials) -> None:
    stored = credentials.entered(connection.name)
    with st.form(f"connect-{connection.name}", clear_on_submit=True):
        typed = {
            each.name: _input(connection, each, given, each.name in stored)
            for each in connection.vendor.inputs
        }
        save = st.form_submit_button("Save and test", type="primary", icon=":material/lock:")
    if save:
        person = guard.require("integrations", "credentials")
        credentials.save(connection.name, {k: v for k, v in typed.items() if v}, person.username)
        _note("credentials", connection.name)
        answer = probe.test(connection.name)
        notice(answer["message"], "info" if answer["healthy"] else "warning")
    if stored and st.button("Remove stored credentials", key=f"forget-{connection.name}"):
        guard.require("integrations", "credentials")
        credentials.forget(connection.name)
        _note("credentials removed", connection.name)
        st.rerun()


def _input(connection: Connection, each: Input, given: Credentials, stored: bool) -> str:
    """A field that never shows what is stored; the environment decides over it."""
    variable = f"{connection.vendor.name}_{each.name}".upper()
    fixed = each.name in given.fixed
    kept = "Stored; type to replace it" if stored else ""
    return st.text_input(
        each.label + (" (optional)" if each.optional else ""),
        type="password" if each.secret else "default",
        placeholder=f"Set by {variable}" if fixed else kept,
        help=f"{each.help}. {variable} in the environment overrides it.",
        disabled=fixed,
        key=f"input-{connection.name}-{each.name}",
        autocomplete="off",
    )


def _schedule(connection: Connection) -> None:
    if connection.every is None:
        empty.state(f"{connection.title} is asked when somebody wants an explanation.")
        return
    minutes = int(connection.every.total_seconds() // 60)
    chosen = st.number_input(
        "Synchronise every … minutes", 1, 1440, minutes, key=f"every-{connection.name}"
    )
    if chosen != minutes:
        guard.require("integrations", "credentials")
        connections.reschedule(connection.name, int(chosen) * 60)
        _note(f"every {chosen} minutes", connection.name)
    if connection.name not in VENDORS and st.button("Remove this connection"):
        guard.require("integrations", "credentials")
        connections.delete(connection.name)
        _note("remove", connection.name)
        st.rerun()


def _xero(connection: Connection, given: Credentials) -> None:
    """Sign in as a person, and choose the organisation."""
    if not given.get("client_id"):
        return
    st.caption(
        "A web app needs your consent at Xero; a custom connection does not. Redirect URI to "
        f"enter in the app: `{_here()}`"
    )
    if st.button("Sign in at Xero", key=f"xero-{connection.name}", icon=":material/login:"):
        guard.require("integrations", "credentials")
        st.session_state.pop(_SAID, None)
        st.link_button("Go on at Xero", xero_sign_in.begin(connection.name, given, _here()))
    if tokens.has_refresh(connection.name):
        _tenants(connection, given)


def _tenants(connection: Connection, given: Credentials) -> None:
    try:
        client = connection.client(patience_s=1, within_s=8)
        assert isinstance(client, Xero)
        found = {each.id: each.name for each in client.connections()}
    except _TROUBLE as error:
        notice(str(error), "warning")
        return
    ids, now = list(found), given.get("tenant_id")
    chosen = st.selectbox(
        "Organisation",
        ids,
        index=ids.index(now) if now in ids else None,
        format_func=lambda each: found[each],
        key=f"tenant-{connection.name}",
    )
    if chosen and chosen != now:
        _choose(connection, chosen)
        notice(probe.test(connection.name)["message"])


def returned(_: Person) -> None:
    """Somebody comes back from Xero: take the code for a token, and say how it went."""
    given = {name: st.query_params.get(name, "") for name in _ANSWER}
    if given["state"] and (given["code"] or given["error"]):
        guard.require("integrations", "credentials")
        for name in _ANSWER:
            st.query_params.pop(name, None)
        # Taking them out of the address runs the page again: what is said has to outlive that.
        st.session_state[_SAID] = _taken(given)
    if said := st.session_state.get(_SAID):
        notice(*said)


def _taken(given: dict[str, str]) -> tuple[str, str]:
    """What to say, and in which tone."""
    if given["error"]:
        return "Xero did not allow the app; sign in again under Connect when ready.", "info"
    try:
        name = xero_sign_in.finish(
            given["state"], given["code"], lambda one: connections.named(one).making()
        )
        _note("sign-in", name)
        chosen = _only_tenant(connections.named(name))
    except (*_TROUBLE, connections.Unknown) as error:
        return str(error), "warning"
    return chosen or "Signed in at Xero; choose the organisation under Connect.", "info"


def _only_tenant(connection: Connection) -> str | None:
    """Choose the organisation where the sign-in allows one only; what its test says."""
    client = connection.client(patience_s=1, within_s=8)
    assert isinstance(client, Xero)
    found = client.connections()
    if len(found) != 1:
        return None
    _choose(connection, found[0].id)
    return f"Signed in at Xero. {probe.test(connection.name)['message']}"


def _choose(connection: Connection, tenant: str) -> None:
    person = guard.require("integrations", "credentials")
    credentials.save(connection.name, {"tenant_id": tenant}, person.username)
    _note("organisation", connection.name)


def _here() -> str:
    """This page's own address, as the browser sees it."""
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _note(what: str, name: str) -> None:
    audit.record(
        f"integration {what}",
        actor=guard.person(),
        on=f"integration {name}",
        address=guard.address(),
    )
