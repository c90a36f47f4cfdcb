"""Whose an open page is, and how fast it closes when the right to it is gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.product import RunningApp
from tests.server.front_door import OURS, ask, cookie_for, open_tab, sql

GOOD = "correct horse battery"
# As text of a message writes the page's order to load anew.
RELOAD = r"data-act=\"reload\""


@pytest.fixture(scope="module", autouse=True)
def people(app: RunningApp) -> None:
    for username, role in (("vera", "viewer"), ("otto", "operator"), ("ada", "admin")):
        done = app.manage("users", "add", username, "--role", role, "--password", GOOD)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def second(app: RunningApp) -> Iterator[RunningApp]:
    """Another instance on the same database."""
    other = RunningApp(database_url=app.database_url)
    other.start()
    yield other
    other.stop()


def test_a_stranger_gets_the_login_form_and_nothing_else(app: RunningApp) -> None:
    tab = open_tab(app)
    tab.run("users")
    assert "Username" in tab.seen()
    assert tab.pages() == set()
    assert "Sign out" not in tab.seen()


@pytest.mark.parametrize("cookie", ["sentia_session=made-up", "sentia_session=", "other=1"])
def test_a_cookie_that_we_never_gave_is_a_stranger(app: RunningApp, cookie: str) -> None:
    tab = open_tab(app, cookie)
    tab.run("users")
    assert tab.pages() == set()


def test_a_signed_in_person_gets_their_pages(app: RunningApp) -> None:
    tab = open_tab(app, cookie_for(app, "ada"))
    tab.run("users")
    assert "users" in tab.pages()
    assert "Sign out" in tab.seen()


def test_nobody_can_say_where_they_come_from_by_our_own_header(app: RunningApp) -> None:
    tab = open_tab(app, extra={"X-Sentia-Restart": "yes", "X-Sentia-Address": "8.8.8.8"})
    tab.run()
    assert RELOAD not in tab.seen()
    assert "Username" in tab.seen()


def test_a_page_of_another_site_cannot_open_a_socket(app: RunningApp) -> None:
    with pytest.raises(InvalidStatus):
        open_tab(app, cookie_for(app, "ada"), origin="http://evil.example")


WITHDRAWALS: dict[str, Callable[[RunningApp, str], object]] = {
    "sign out": lambda app, cookie: ask(app, "DELETE", "/auth/session", Cookie=cookie, **OURS),
    "password": lambda app, _: app.manage("users", "set-password", "otto", "--password",
                                          f"new words {time.time()}"),
    "role": lambda app, _: app.manage("users", "set-role", "otto", _other_role(app)),
    "disable": lambda app, _: app.manage("users", "disable", "otto"),
    "revoke": lambda app, _: app.manage("users", "revoke", "otto"),
    "absolute expiry": lambda app, _: sql(app, "UPDATE sessions SET expires_at = now()"),
    "idle": lambda app, _: sql(app, "UPDATE sessions SET seen_at = now() - interval '2 hours'"),
    "role behind our back": lambda app, _: sql(
        app, "UPDATE users SET role = %s WHERE username = 'otto'", _other_role(app)),
}  # fmt: skip


def _other_role(app: RunningApp) -> str:
    now = sql(app, "SELECT role FROM users WHERE username = 'otto'")[0][0]
    return "viewer" if now == "operator" else "operator"


@pytest.mark.parametrize("how", WITHDRAWALS)
def test_every_open_page_on_every_instance_closes_within_five_seconds(
    app: RunningApp, second: RunningApp, how: str
) -> None:
    sql(app, "UPDATE users SET disabled_at = NULL")
    cookie = cookie_for(app, "otto")
    tabs = [open_tab(app, cookie), open_tab(app, cookie), open_tab(second, cookie)]
    for tab in tabs:
        tab.run("account")
    bystander = open_tab(second, cookie_for(second, "vera"))
    WITHDRAWALS[how](app, cookie)
    began = time.monotonic()
    for tab in tabs:
        tab.listen(max(0.1, 5 - (time.monotonic() - began)))
        assert tab.closed_with == 1008, how
    assert time.monotonic() - began < 5
    if how not in ("absolute expiry", "idle"):
        bystander.listen(0.1)
        assert bystander.closed_with is None


def test_a_page_that_comes_back_after_its_session_ended_starts_over(app: RunningApp) -> None:
    cookie = cookie_for(app, "ada")
    tab = open_tab(app, cookie)
    tab.run("users")
    ask(app, "DELETE", "/auth/session", Cookie=cookie, **OURS)
    tab.listen(5)
    assert tab.closed_with == 1008
    back = open_tab(app, cookie, memory=tab.name)
    back.listen(until="script_finished")
    assert RELOAD in back.seen()
    assert back.name != tab.name
    assert back.pages() == set()


def test_nobody_comes_back_into_what_a_page_remembers_of_somebody_else(app: RunningApp) -> None:
    tab = open_tab(app, cookie_for(app, "ada"))
    tab.run("users")
    tab.socket.close()
    back = open_tab(app, cookie_for(app, "vera"), memory=tab.name)
    back.listen(until="script_finished")
    assert back.name != tab.name
    assert RELOAD in back.seen()


def test_a_page_that_lost_its_network_comes_back_to_what_it_remembers(app: RunningApp) -> None:
    cookie = cookie_for(app, "ada")
    tab = open_tab(app, cookie)
    tab.run("users")
    tab.socket.close()
    time.sleep(0.2)
    back = open_tab(app, cookie, memory=tab.name)
    back.run("users")
    assert back.name == tab.name


def test_only_somebody_at_work_keeps_a_session_alive(app: RunningApp) -> None:
    quick = RunningApp(database_url=app.database_url, environment={"SENTIA_IDLE_MINUTES": "0.1"})
    quick.start()
    try:
        at_work = open_tab(quick, cookie_for(quick, "ada"))
        watching = open_tab(quick, cookie_for(quick, "vera"))
        began = time.monotonic()
        refresh = BackMsg()
        refresh.rerun_script.is_auto_rerun = True
        while time.monotonic() - began < 15 and watching.closed_with is None:
            at_work.run("users")
            if watching.closed_with is None:
                watching.say(refresh)
                watching.listen(0.2)
            time.sleep(0.5)
        assert watching.closed_with == 1008
        at_work.run("users")
        assert at_work.closed_with is None
    finally:
        quick.stop()


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/_stcore/metrics"), ("GET", "/media/0123456789abcdef.png"),
     ("PUT", "/_stcore/upload_file/session/file"), ("DELETE", "/_stcore/upload_file/session/file"),
     ("GET", "/_stcore/script-health-check"), ("POST", "/_stcore/agent/interact"),
     ("GET", "/_stcore/agent/openapi.json"), ("GET", "/_stcore/anything-new")],
)  # fmt: skip
def test_what_streamlit_leaves_open_needs_a_session(
    app: RunningApp, method: str, path: str
) -> None:
    assert ask(app, method, path).status == 401
    assert ask(app, method, path, Cookie="sentia_session=made-up").status == 401
    assert ask(app, method, path, Cookie=cookie_for(app, "ada")).status != 401


def test_what_the_browser_needs_first_is_open(app: RunningApp) -> None:
    assert ask(app, "GET", "/_stcore/health").status == 200
    assert ask(app, "GET", "/_stcore/host-config").status == 200


def test_no_other_websocket_is_served(app: RunningApp) -> None:
    with pytest.raises(InvalidStatus):
        connect(f"ws://127.0.0.1:{app.port}/anything", origin=Origin(app.url))
