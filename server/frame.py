"""The frame around every page: sign-in, navigation of what the person may read, account menu."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st
import structlog

from auth import roles, sessions
from auth.people import Person
from components import guard, login, style
from config.settings import settings
from data import database
from data.database import DatabaseUnavailable
from pages import SECTIONS, Page
from pages.registry import pages
from server.instrument import page_run
from server.startup import PROGRESS

_RETRY_S = 3
_log = structlog.get_logger()


def show() -> None:
    """One run of the script. Nothing of a page is touched before the person is known."""
    st.set_page_config(
        page_title=settings().company_name, page_icon=":material/factory:", layout="wide"
    )
    style.apply()
    if st.context.headers.get("X-Sentia-Restart"):
        st.html(login.script("reload"), unsafe_allow_javascript=True)
        return
    try:
        _for(_who())
    except DatabaseUnavailable as error:
        _wait(str(error))


def _for(person: Person | None) -> None:
    """The login form and nothing else, or the person's pages."""
    if person is None:
        login.form(settings().company_name)
        return
    _one_owner(person)
    chosen = st.navigation(_menu(person.role))
    _account(person)
    with page_run(chosen.url_path or "overview"):
        _run(chosen)


def _who() -> Person | None:
    if not PROGRESS.done:
        raise DatabaseUnavailable(PROGRESS.problem or "The process is starting.")
    return guard.anybody()


def _one_owner(person: Person) -> None:
    """What a page remembers belongs to one session; nobody else's run finds it."""
    if st.session_state.setdefault("session", person.session_id) != person.session_id:
        st.session_state.clear()
        st.session_state["session"] = person.session_id


def _menu(role: str) -> dict[str, list[Any]]:
    """Pages by section; those that are not theirs are out of sight and say so when opened."""
    found: dict[str, list[Any]] = {section: [] for section in SECTIONS if section}
    home = next(page.slug for page in pages() if _may(role, page))
    hidden: list[Any] = []
    for page in pages():
        shown = page.section and _may(role, page)
        (found[page.section] if shown else hidden).append(_entry(page, role, page.slug == home))
    listed = {section: entries for section, entries in found.items() if entries}
    first = next(iter(listed.values()))
    first.extend(hidden)
    return listed


def _entry(page: Page, role: str, home: bool) -> Any:
    allowed = _may(role, page)
    run: Callable[[], None] = page.render if allowed else partial(_not_theirs, page)
    return st.Page(
        run,
        title=page.title,
        icon=page.icon,
        url_path=page.slug,
        default=home,
        visibility="visible" if allowed and page.section else "hidden",
    )


def _may(role: str, page: Page) -> bool:
    return page.resource is None or roles.can(role, page.resource)


def _not_theirs(page: Page) -> None:
    st.title(page.title)
    guard.require(page.resource or "")


def _run(chosen: Any) -> None:
    """Run the page; what breaks in it becomes one sentence with a reference to the log."""
    try:
        chosen.run()
    except DatabaseUnavailable:
        raise
    except Exception as error:
        reference = secrets.token_hex(4)
        _log.error("a page failed", page=chosen.url_path, reference=reference, exc_info=error)
        st.error(
            f"This page could not be shown. Try again; if it stays, tell an admin the "
            f"reference {reference}.",
            icon=":material/error:",
        )


def _account(person: Person) -> None:
    with st.sidebar.container(key="account"):
        st.markdown(f"**{login.plain(person.name)}**  \n:gray[{person.role.capitalize()}]")
        if st.button("Sign out", key="sign_out", icon=":material/logout:", width="stretch"):
            sessions.sign_out(guard.token(), guard.address())
            st.html(login.script("out", then="/"), unsafe_allow_javascript=True)
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
        st.rerun(scope="app")
