"""Who is looking at this page, and may they: asked in every page and every fragment."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from auth import audit, people, roles, sessions
from auth.people import Person
from data import company

# The websocket gate puts the address it trusts here and drops what the browser sent.
ADDRESS_HEADER = "X-Sentia-Address"
_QUIET_S = 60.0
_denied: dict[tuple[int, str, str], float] = {}


def token() -> str | None:
    """The session cookie as it was when this page's websocket opened."""
    return st.context.cookies.get(sessions.COOKIE)


def address() -> str | None:
    """Where the browser is."""
    return st.context.headers.get(ADDRESS_HEADER)


def anybody() -> Person | None:
    """The signed-in person, None without one. Raises DatabaseUnavailable."""
    audit.coming_from(address())
    return sessions.resolve(token())


def person() -> Person:
    """The signed-in person; without one the script ends here and the page starts over."""
    found = anybody()
    if found is None:
        leave()
    return found


def require(resource: str, action: str = "read") -> Person:
    """The signed-in person if their role allows it; otherwise one sentence, and the script ends."""
    found = person()
    try:
        roles.require(found, resource, action)
    except roles.PermissionDenied as denied:
        _note(found, resource, action)
        st.error(f"{denied} {_who_grants()}".strip(), icon=":material/lock:")
        st.stop()
    return found


def taking(name: str) -> Callable[[int], None]:
    """What to call with the number of rows when somebody takes a file out of this page.

    It is called after the run, in a thread that knows no page, so what it needs is noted here. It
    writes the trail's row. Raises PermissionError for somebody whose session has ended since.
    """
    cookie, where = _door()
    page, filters = urlsplit(st.context.url or "").path, st.query_params.to_dict()

    def taken(rows: int) -> None:
        found = sessions.resolve(cookie)
        if found is None:
            raise PermissionError("The session of the page that offers the file has ended.")
        audit.record("export", actor=found, on=name, address=where,
                     detail={"page": page, "filters": filters, "rows": rows})  # fmt: skip

    return taken


def _door() -> tuple[str | None, str | None]:
    """Cookie and address, read once a run: Streamlit parses all headers whenever it is asked."""
    held = vars(get_script_run_ctx() or SimpleNamespace())
    if "sentia_door" not in held:
        held["sentia_door"] = token(), address()
    door: tuple[str | None, str | None] = held["sentia_door"]
    return door


def clock() -> ZoneInfo:
    """Zone in which instants are shown: the person's own, else the company's.

    Business days, shifts and charts stay on the company's clock whoever looks.
    """
    found = anybody()
    return ZoneInfo(found.zone) if found is not None and found.zone else company.zone()


def leave() -> NoReturn:
    """End the run; a fragment's page is loaded anew, which ends at the login form."""
    st.rerun(scope="app")


def _who_grants() -> str:
    names = people.admins()
    return f"Ask {' or '.join(names)}." if names else ""


def _note(found: Person, resource: str, action: str) -> None:
    """Write a denial to the trail, not again for each rerun of the same page."""
    key = (found.session_id or 0, resource, action)
    now = time.monotonic()
    if now - _denied.get(key, -_QUIET_S) < _QUIET_S:
        return
    if len(_denied) > 1000:
        _denied.clear()
    _denied[key] = now
    audit.record("denied", actor=found, address=address(), on=resource, outcome="refused",
                 detail={"action": action})  # fmt: skip
