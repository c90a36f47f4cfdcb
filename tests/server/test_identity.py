"""The cookie: who may set it, how it is set, and what ends it."""

from __future__ import annotations

import pytest

from server import identity
from tests.product import ADMIN_PASSWORD, RunningApp
from tests.server.front_door import OURS, ask, cookie_for, sql, ticket_for


def test_a_ticket_buys_a_cookie_that_no_script_reads_and_no_other_site_sends(
    app: RunningApp,
) -> None:
    answer = ask(app, "POST", "/auth/session", ticket_for(app, "admin"), **OURS)
    assert answer.status == 204
    flags = {part.strip() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= flags
    assert "Secure" not in flags
    assert answer.headers["cache-control"] == "no-store"
    age = next(int(flag.split("=")[1]) for flag in flags if flag.startswith("Max-Age"))
    assert 4 * 3600 - 5 <= age <= 4 * 3600


def test_behind_https_the_cookie_is_secure() -> None:
    assert identity.set_cookie("x", 1, secure=True).endswith("; Secure")
    assert identity.is_https({"scheme": "wss"})
    assert not identity.is_https({"scheme": "http"})


def test_a_ticket_is_good_once_even_for_two_at_once(app: RunningApp) -> None:
    ticket = ticket_for(app, "admin")
    assert ask(app, "POST", "/auth/session", ticket, **OURS).status == 204
    assert ask(app, "POST", "/auth/session", ticket, **OURS).status == 401


@pytest.mark.parametrize("body", ["", "made-up", "x" * 300, "' OR 1=1 --"])
def test_anything_else_buys_nothing(app: RunningApp, body: str) -> None:
    answer = ask(app, "POST", "/auth/session", body, **OURS)
    assert answer.status in (400, 401)
    assert "set-cookie" not in answer.headers
    assert answer.json()["detail"].endswith(".")


def test_a_form_of_another_site_can_neither_sign_in_nor_out(app: RunningApp) -> None:
    cookie = cookie_for(app, "admin")
    form = {"Content-Type": "text/plain"}
    for method in ("POST", "DELETE"):
        assert ask(app, method, "/auth/session", "x", Cookie=cookie, **form).status == 403
        foreign = ask(app, method, "/auth/session", "x", Cookie=cookie,
                      Origin="http://evil.example", **OURS)  # fmt: skip
        assert foreign.status == 403
    assert ask(app, "GET", "/_stcore/metrics", Cookie=cookie).status == 200


def test_a_copied_cookie_is_dead_after_sign_out(app: RunningApp) -> None:
    cookie = cookie_for(app, "admin")
    answer = ask(app, "DELETE", "/auth/session", Cookie=cookie, **OURS)
    assert answer.status == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert ask(app, "GET", "/_stcore/metrics", Cookie=cookie).status == 401


def test_signing_in_again_ends_the_session_of_this_browser_before(app: RunningApp) -> None:
    before = cookie_for(app, "admin")
    ticket = ticket_for(app, "admin")
    ask(app, "POST", "/auth/session", ticket, Cookie=before, **OURS)
    assert ask(app, "GET", "/_stcore/metrics", Cookie=before).status == 401


def test_a_session_id_that_somebody_planted_is_never_adopted(app: RunningApp) -> None:
    planted = "sentia_session=planted-by-somebody"
    ticket = ticket_for(app, "admin")
    answer = ask(app, "POST", "/auth/session", ticket, Cookie=planted, **OURS)
    assert answer.headers["set-cookie"].split(";")[0] != planted
    assert ask(app, "GET", "/_stcore/metrics", Cookie=planted).status == 401


def test_the_database_holds_no_token_and_no_password(app: RunningApp) -> None:
    token = cookie_for(app, "admin").partition("=")[2]
    for table in ("sessions", "tickets", "audit", "users"):
        rows = str(sql(app, f"SELECT * FROM {table}"))
        assert token not in rows
        assert ADMIN_PASSWORD not in rows
    assert token not in app.log()


def test_headers_of_ours_are_never_the_browsers() -> None:
    scope = {"headers": [(b"X-Sentia-Address", b"8.8.8.8"), (b"host", b"x")]}
    told = identity.told(scope, address="192.0.2.1")
    assert told["headers"] == [(b"host", b"x"), (b"x-sentia-address", b"192.0.2.1")]


def test_the_cookie_is_found_among_others() -> None:
    scope = {"type": "http", "headers": [(b"cookie", b'a=1; sentia_session="abc"; b=2')]}
    assert identity.token_in(scope) == "abc"
    assert identity.token_in({"type": "http", "headers": []}) is None
