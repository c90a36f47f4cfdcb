"""The frame around every page: sign-in, navigation of what the person may read, account menu."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from auth import activity, identities, links, roles
from auth.people import Person
from components import bell, brand, guard, login, style
from components.markup import escape
from components.runs import page_run
from config.settings import settings
from data import database
from data.database import DatabaseUnavailable
from pages import SECTIONS, Page
from pages.registry import pages
from server.startup import PROGRESS

_RETRY_S = 3


def show() -> None:
    """One run of the script. Nothing of a page is touched before the person is known."""
    company = settings().company_name
    st.set_page_config(page_title=company, page_icon=brand.icon(), layout="wide")
    if st.context.headers.get("X-Sentia-Restart"):
        st.html(login.script("reload"), unsafe_allow_javascript=True)
        return
    try:
        if token := st.query_params.get(links.PARAMETER):
            _started()
            login.new_password(company, token)
            return
        _for(_who())
    except DatabaseUnavailable as error:
        _wait(str(error))


def _for(person: Person | None) -> None:
    """The login form and nothing else, or the person's pages."""
    if person is None:
        login.form(settings().company_name)
        return
    _one_owner(person)
    entries: dict[str, Any] = {}
    for page in pages():
        entries[page.slug] = _entry(page, person, entries)
    chosen = st.navigation(_menu(person, entries), expanded=True)
    if person.scopes is None and roles.can(person.role, "alerts") and "alerts" in entries:
        bell.show(entries["alerts"])
    _account(person, entries["account"])
    with page_run(chosen.url_path or "start"), _noted(person, chosen.url_path):
        chosen.run()


@contextmanager
def _noted(person: Person, slug: str) -> Iterator[None]:
    """Remember that the person opened this page; written later, see auth/activity.py."""
    began = time.perf_counter()
    try:
        yield
    finally:
        context = get_script_run_ctx()
        if slug and context is not None:
            took = 1000 * (time.perf_counter() - began)
            activity.note(context.session_id, person, slug, took)


def _started() -> None:
    if not PROGRESS.done:
        raise DatabaseUnavailable(PROGRESS.problem or "The process is starting.")


def _who() -> Person | None:
    _started()
    return guard.anybody()


def _one_owner(person: Person) -> None:
    """What a page remembers belongs to one session; nobody else's run finds it."""
    if st.session_state.setdefault("session", person.session_id) != person.session_id:
        st.session_state.clear()
        st.session_state["session"] = person.session_id


def _menu(person: Person, entries: dict[str, Any]) -> dict[str, list[Any]]:
    """Pages by section; those that are not theirs are out of sight and say so when opened."""
    menu: dict[str, list[Any]] = {}
    for section in SECTIONS:
        theirs = [p.slug for p in pages() if p.section == section and _may(person, p)]
        if theirs:
            menu[section] = [entries[slug] for slug in theirs]
    shown = [page for listed in menu.values() for page in listed]
    start = entries.get(person.start_page or "")
    home = start if start in shown else (shown or [entries["account"]])[0]
    # The address of a default page is "/" alone; this one leads on, so that every page keeps its.
    lead = st.Page(partial(_lead_on, home), title="Start", url_path="start", default=True,
                   visibility="hidden")  # fmt: skip
    hidden = [entry for entry in entries.values() if entry not in shown]
    menu.setdefault(next(iter(menu), ""), []).extend([lead, *hidden])
    return menu


def _lead_on(home: Any) -> None:
    given = {name: st.query_params.get_all(name) for name in st.query_params}
    st.switch_page(home, query_params=given)


def _entry(page: Page, person: Person, entries: dict[str, Any]) -> Any:
    allowed = _may(person, page)
    run: Callable[[], None] = page.render if allowed else partial(_not_theirs, page)
    if not allowed and _owes(person):
        run = partial(_to_account, entries)
    return st.Page(
        run,
        title=page.title,
        icon=page.icon,
        url_path=page.slug,
        visibility="visible" if allowed and page.section else "hidden",
    )


def _to_account(entries: dict[str, Any]) -> None:
    st.switch_page(entries["account"])


def _may(person: Person, page: Page) -> bool:
    if _owes(person):
        return page.slug == "account"
    return page.resource is None or roles.can(person.role, page.resource, page.action)


def _owes(person: Person) -> bool:
    """Whether a second factor must be set up first, see auth/sessions.py."""
    return person.scopes is not None


def _not_theirs(page: Page) -> None:
    st.title(page.title)
    guard.require(page.resource or "", page.action)


def _account(person: Person, own: Any) -> None:
    with st.sidebar.container(key="account"):
        st.html(
            f'<div class="sx-who"><b>{escape(person.name)}</b>'
            f"<span>{person.role.capitalize()}</span></div>"
        )
        st.page_link(own, label="Your account", icon=":material/person:")
        style.switch(person.theme, person.session_id)
        if st.button("Sign out", key="sign_out", icon=":material/logout:", type="tertiary"):
            then = "/auth/logout" if identities.ends_there_too(person) else "/"
            # The script ends the session: ended here, the page could be shut before it gets it.
            st.html(login.script("out", then=then), unsafe_allow_javascript=True)
            st.stop()


def _wait(problem: str) -> None:
    """Say what is wrong and come back by itself."""
    st.warning(problem, icon=":material/cloud_off:")
    st.fragment(_try_again, run_every=_RETRY_S)()


def _try_again() -> None:
    try:
        database.scalar("SELECT 1")
    except DatabaseUnavailable:
        return
    if PROGRESS.done:
        # A rerun would begin at the start page: this run named no pages to the browser.
        st.html(login.script("reload"), unsafe_allow_javascript=True)
