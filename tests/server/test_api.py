"""The interface under /api: who may call what, and what it answers."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

import pytest

from auth import people, sessions, tokens
from auth.person import Person
from data import database
from tests.product import RunningApp

ADMIN_ONLY = [
    "/api/admin/users",
    "/api/admin/sessions",
    "/api/admin/config",
    "/api/admin/audit",
    "/api/docs",
    "/api/openapi.json",
]


pytestmark = pytest.mark.usefixtures("same_database")


def owner() -> Person:
    row = people.find("admin")
    return Person(row["id"], row["username"], row["name"], row["role"])


def token(role: str = "admin", **more: Any) -> str:
    return tokens.make(owner(), f"test {role}", role, timedelta(hours=1), **more)


def call(
    app: RunningApp, path: str, method: str = "GET", body: Any = None, **headers: str
) -> tuple[int, Any, Any]:
    """Status, JSON (or text) and headers."""
    data = None if body is None else json.dumps(body).encode()
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if data is not None:
        sent.setdefault("Content-Type", "application/json")
    request = urllib.request.Request(app.url + path, data, sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, _parsed(answer.read()), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, _parsed(error.read()), error.headers


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()


def bearer(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


def cookie_of(username: str) -> dict[str, str]:
    ticket = sessions.ticket(people.find(username)["id"])
    opened = sessions.redeem(ticket, "127.0.0.1", "test")
    assert opened is not None
    return {"Cookie": f"{sessions.COOKIE}={opened.token}"}


@pytest.mark.parametrize("path", [*ADMIN_ONLY, "/api/kpis", "/api/kpis/net_revenue"])
def test_nothing_but_health_is_answered_without_a_token(app: RunningApp, path: str) -> None:
    status, body, headers = call(app, path)
    assert status == 401
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["WWW-Authenticate"].startswith("Bearer")
    assert body["detail"]


@pytest.mark.parametrize("path", ADMIN_ONLY)
@pytest.mark.parametrize("role", ["viewer", "operator", "manager"])
def test_only_an_admin_reads_what_is_for_admins(app: RunningApp, path: str, role: str) -> None:
    status, body, _ = call(app, path, **bearer(token(role)))
    assert (status, body["status"]) == (403, 403)
    assert "an admin can grant it" in body["detail"]


@pytest.mark.parametrize("path", ADMIN_ONLY)
def test_an_admin_reads_it_by_token_and_by_cookie(app: RunningApp, path: str) -> None:
    assert call(app, path, **bearer(token()))[0] == 200
    assert call(app, path, **cookie_of("admin"))[0] == 200


def test_the_cookie_of_somebody_else_opens_nothing(app: RunningApp) -> None:
    people.add("vera", "viewer", password="a password of some length")
    assert call(app, "/api/kpis", **cookie_of("vera"))[0] == 403


def test_an_unknown_expired_or_foreign_token_is_refused(app: RunningApp) -> None:
    made = token()
    assert call(app, "/api/kpis", **bearer("sentia_unknown"))[0] == 401
    assert call(app, "/api/kpis", **bearer(token(addresses=["192.0.2.0/24"])))[0] == 401
    database.execute("UPDATE api_tokens SET expires_at = now() - interval '1 s'")
    assert call(app, "/api/kpis", **bearer(made))[0] == 401


def test_a_scoped_token_reaches_its_resources_only(app: RunningApp) -> None:
    made = token(scopes=["business"])
    assert call(app, "/api/kpis/net_revenue", **bearer(made))[0] == 200
    assert call(app, "/api/admin/users", **bearer(made))[0] == 403
    listed = call(app, "/api/kpis", **bearer(made))[1]["items"]
    assert {item["area"] for item in listed} == {"sales"}


def test_an_account_is_made_changed_and_shut(app: RunningApp) -> None:
    admin = bearer(token())
    new = {"username": "olga", "role": "operator", "password": "quite a long password"}
    status, body, headers = call(app, "/api/admin/users", "POST", new, **admin)
    assert (status, body["username"], body["role"]) == (201, "olga", "operator")
    assert headers["Location"] == "/api/admin/users"
    assert call(app, "/api/admin/users", "POST", new, **admin)[0] == 409
    path = "/api/admin/users/olga"
    assert call(app, path, "PATCH", {"role": "manager"}, **admin)[1]["role"] == "manager"
    assert call(app, path, "PATCH", {"disabled": True}, **admin)[1]["disabled"] is True
    assert call(app, "/api/admin/users/nobody", "PATCH", {}, **admin)[0] == 404
    assert call(app, "/api/admin/users/admin", "PATCH", {"role": "viewer"}, **admin)[0] == 409
    actions = call(app, "/api/admin/audit?action=user.", **admin)[1]["items"]
    assert {"user.add", "user.role", "user.disable"} <= {row["action"] for row in actions}
    assert {row["address"] for row in actions if row["actor"] == "admin"} == {"127.0.0.1"}


def test_a_change_of_which_a_part_is_refused_is_not_made_at_all(app: RunningApp) -> None:
    admin = bearer(token())
    people.add("paul", "viewer", email="paul@example.com")
    path = "/api/admin/users/paul"
    half = {"role": "manager", "password": "short of paul"}
    assert call(app, path, "PATCH", half, **admin)[0] == 422
    assert people.find("paul")["role"] == "viewer"
    assert call(app, path, "PATCH", {"email": "no address"}, **admin)[0] == 409
    new = call(app, path, "PATCH", {"email": "paula@example.com"}, **admin)[1]
    assert new["email"] == "paula@example.com"
    before = dict(people.find("admin"))
    last = {"password": "quite a long password", "email": "a@example.com", "role": "viewer"}
    assert call(app, "/api/admin/users/admin", "PATCH", last, **admin)[0] == 409
    assert dict(people.find("admin")) == before
    actions = call(app, "/api/admin/audit?action=user.password", **admin)[1]["items"]
    assert "admin" not in {row["object"] for row in actions}


def test_several_parts_of_an_account_change_together(app: RunningApp) -> None:
    people.add("pia", "viewer", password="correct horse battery")
    whole = {"role": "manager", "password": "another long phrase", "email": "pia@example.com",
             "disabled": True}  # fmt: skip
    status, body, _ = call(app, "/api/admin/users/pia", "PATCH", whole, **bearer(token()))
    assert (status, body["role"], body["email"], body["disabled"]) == (
        200, "manager", "pia@example.com", True
    )  # fmt: skip
    told = database.read("SELECT action FROM audit WHERE object = 'pia' AND actor = 'admin'")
    assert {row["action"] for row in told} == {
        "user.role", "user.password", "user.profile", "user.disable"
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "x", "role": "emperor"},
        {"role": "viewer"},
        {"username": "nul\x00", "role": "viewer"},
        {"username": "lone\ud800", "role": "viewer"},
        {"username": "short", "role": "viewer", "password": "short"},
        {"username": "own.name", "role": "viewer", "password": "it is own.name again"},
        [],
    ],
)
def test_a_wrong_account_is_one_sentence(app: RunningApp, wrong: Any) -> None:
    status, body, _ = call(app, "/api/admin/users", "POST", wrong, **bearer(token()))
    assert status == 422
    assert body["detail"].endswith(".")


def test_a_session_is_seen_and_ended(app: RunningApp) -> None:
    held = cookie_of("admin")
    admin = bearer(token())
    listed = call(app, "/api/admin/sessions", **admin)[1]["items"]
    assert listed[0]["username"] == "admin"
    path = f"/api/admin/sessions/{listed[0]['id']}"
    assert call(app, path, "DELETE", **admin)[0] == 204
    assert call(app, path, "DELETE", **admin)[0] == 404

    def refused() -> bool:
        return call(app, "/api/kpis", **held)[0] == 401

    from tests.server.processes import eventually

    eventually(refused, 5)


def test_a_long_list_comes_in_pages_without_gap_or_repeat(app: RunningApp) -> None:
    admin = bearer(token())
    whole = [row["id"] for row in call(app, "/api/admin/audit?limit=500", **admin)[1]["items"]]
    found: list[int] = []
    cursor = ""
    while cursor is not None:
        page = call(app, f"/api/admin/audit?limit=3&cursor={cursor}", **admin)[1]
        found += [row["id"] for row in page["items"]]
        cursor = page["next"]
    assert found == whole
    assert call(app, "/api/admin/audit?cursor=made-up", **admin)[0] == 422


def test_what_has_not_changed_is_not_sent_again(app: RunningApp) -> None:
    admin = bearer(token())
    _, _, headers = call(app, "/api/admin/config", **admin)
    again = call(app, "/api/admin/config", **admin, If_None_Match=headers["ETag"])
    assert again[0] == 304
    assert again[1] == ""


def test_head_is_answered_as_get_without_the_body(app: RunningApp) -> None:
    admin = bearer(token())
    for path in ("/api/kpis", "/api/admin/users", "/api/nowhere", "/api/openapi.json"):
        got, head = call(app, path, **admin), call(app, path, "HEAD", **admin)
        assert (head[0], head[1]) == (got[0], "")
        assert head[2]["Content-Length"] == got[2]["Content-Length"]
        assert head[2]["ETag"] == got[2]["ETag"]
    tag = call(app, "/api/kpis", "HEAD", **admin)[2]["ETag"]
    assert call(app, "/api/kpis", "HEAD", If_None_Match=tag, **admin)[0] == 304
    assert call(app, "/api/admin/users", "HEAD")[0] == 401
    assert call(app, "/api/alerts/1/acknowledge", "HEAD", **admin)[0] == 405


def test_the_head_of_an_export_takes_nothing(app: RunningApp) -> None:
    exports = "SELECT count(*) FROM audit WHERE action = 'export'"
    before = database.scalar(exports)
    status, body, headers = call(app, "/api/export/products.csv", "HEAD", **bearer(token()))
    assert (status, body) == (200, "")
    assert headers["Content-Type"].startswith("text/csv")
    assert call(app, "/api/export/nothing.csv", "HEAD", **bearer(token()))[0] == 404
    assert database.scalar(exports) == before


def test_settings_show_their_source_and_no_secret(app: RunningApp) -> None:
    items = call(app, "/api/admin/config", **bearer(token()))[1]["items"]
    found = {item["name"]: item for item in items}
    assert found["DATABASE_URL"]["value"] == "********"
    assert found["DATABASE_URL"]["source"] == "environment"
    assert found["COMPANY_CURRENCY"] == {
        "name": "COMPANY_CURRENCY", "value": "GBP", "secret": False, "source": "default",
        "description": found["COMPANY_CURRENCY"]["description"],
    }  # fmt: skip


def test_a_kpi_without_data_says_why(app: RunningApp) -> None:
    _, body, _ = call(app, "/api/kpis/net_revenue?by=month", **bearer(token("viewer")))
    assert body["value"] is None
    assert body["reason"].endswith(".")
    wrong = [
        "/api/kpis/net_revenue?from=2026-02-01&to=2026-01-01",
        "/api/kpis/net_revenue?by=colour",
        "/api/kpis/net_revenue?from=yesterday",
        "/api/kpis/cash?from=0001-01-01&by=day",
    ]
    for path in wrong:
        assert call(app, path, **bearer(token()))[0] == 422, path
    assert call(app, "/api/kpis/nothing", **bearer(token()))[0] == 404


def test_calls_from_a_page_of_another_site_change_nothing(app: RunningApp) -> None:
    new = {"username": "mallory", "role": "admin"}
    sent = cookie_of("admin") | {"Origin": "https://evil.example"}
    status, body, _ = call(app, "/api/admin/users", "POST", new, **sent)
    assert (status, "another site" in body["detail"]) == (403, True)


def test_a_session_left_open_changes_no_account_until_its_person_confirmed(
    app: RunningApp,
) -> None:
    held = cookie_of("admin")
    new = {"username": "nina", "role": "viewer"}
    status, body, _ = call(app, "/api/admin/users", "POST", new, **held)
    assert (status, body["detail"][:20]) == (403, "Confirm who you are ")
    database.execute("UPDATE sessions SET stepped_up_at = now()")
    assert call(app, "/api/admin/users", "POST", new, **held)[0] == 201


def test_analytics_count_people_and_pages(app: RunningApp) -> None:
    status, body, _ = call(app, "/api/admin/users/analytics?days=7", **bearer(token()))
    assert status == 200
    assert body["roles"]["admin"] == 1
    assert call(app, "/api/admin/users/analytics?days=0", **bearer(token()))[0] == 422
    assert call(app, "/api/admin/users/analytics", **bearer(token("manager")))[0] == 403


def test_integrations_stand_by_name_and_an_unknown_one_is_404(app: RunningApp) -> None:
    manager = bearer(token("manager"))
    status, body, _ = call(app, "/api/integrations/status", **manager)
    assert status == 200
    assert body["summary"]["total"] == len(body["services"])
    name = next(iter(body["services"]))
    for method in ("GET", "POST"):
        probed = call(app, f"/api/integrations/test/{name}", method, **manager)
        assert probed[0] == 200
        assert probed[1]["healthy"] is False
        assert probed[1]["message"]
    assert call(app, "/api/integrations/test/nobody", **manager)[0] == 404
    assert call(app, "/api/integrations/status", **bearer(token("viewer")))[0] == 403


def test_silences_are_made_and_ended_by_those_who_may(app: RunningApp) -> None:
    wanted = {"matchers": 'rule="CPU high"', "minutes": 5, "reason": "maintenance"}
    operator = bearer(token("operator"))
    path = "/api/alerts/silences"
    assert call(app, path, "POST", wanted, **bearer(token("viewer")))[0] == 403
    status, made, _ = call(app, path, "POST", wanted, **operator)
    assert status == 201
    assert call(app, f"{path}/{made['id']}", "DELETE", **operator)[0] == 204
    assert call(app, f"{path}/{made['id']}", "DELETE", **operator)[0] == 404
    wrong = wanted | {"matchers": 'rule=~"("'}
    assert call(app, path, "POST", wrong, **operator)[0] == 422
    assert call(app, "/api/alerts", **operator)[0] == 200
    assert call(app, "/api/alerts/1/acknowledge", "POST", {}, **operator)[0] == 404


def test_a_dataset_comes_as_csv_of_the_chosen_days_and_is_recorded(app: RunningApp) -> None:
    fill_orders(3)
    viewer = bearer(token("viewer"))
    status, body, headers = call(app, "/api/export/order_lines.csv", **viewer)
    assert status == 200
    assert headers["Content-Type"].startswith("text/csv")
    lines = body.splitlines()
    assert lines[0].startswith("order_id,source,ordered_at,day,channel")
    assert len(lines) == 4
    assert lines[1].startswith("'=1+10,")
    one_day = call(app, "/api/export/order_lines.csv?from=2026-01-02&to=2026-01-02", **viewer)[1]
    assert len(one_day.splitlines()) == 2
    trail = call(app, "/api/admin/audit?action=export", **bearer(token()))[1]["items"]
    assert trail[0]["object"] == "order_lines"
    assert trail[0]["detail"]["rows"] == 1


def test_a_dataset_is_given_to_whoever_may_read_it(app: RunningApp) -> None:
    operator, viewer = bearer(token("operator")), bearer(token("viewer"))
    assert call(app, "/api/export/order_lines.csv", **operator)[0] == 403
    assert call(app, "/api/export/metrics.csv", **viewer)[0] == 403
    assert call(app, "/api/export/metrics.csv", **operator)[0] == 200
    assert call(app, "/api/export/nothing.csv", **viewer)[0] == 404
    wrong = "/api/export/order_lines.csv?from=2026-02-01&to=2026-01-01"
    assert call(app, wrong, **viewer)[0] == 422
    names = {one["name"] for one in call(app, "/api/export", **viewer)[1]["items"]}
    assert names == {"order_lines", "refunds", "sales_daily", "products"}


def test_every_offered_dataset_can_be_taken(app: RunningApp) -> None:
    admin = bearer(token())
    for one in call(app, "/api/export", **admin)[1]["items"]:
        status, body, _ = call(app, f"/api/export/{one['name']}.csv", **admin)
        assert (status, body.splitlines()[0].split(",")) == (200, one["columns"])


def test_a_reader_who_leaves_stops_the_query(app: RunningApp) -> None:
    import socket

    from tests.server.processes import eventually

    fill_orders(60_000, "many")
    head = "GET /api/export/order_lines.csv HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    with socket.create_connection(("127.0.0.1", app.port), 20) as opened:
        opened.sendall(f"{head}Authorization: Bearer {token()}\r\n\r\n".encode())
        assert b"200 OK" in opened.recv(4096)
    running = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY (SELECT%' "
        "AND state = 'active'"
    )
    eventually(lambda: database.scalar(running) == 0, 10)


def fill_orders(count: int, prefix: str = "=1+1") -> None:
    """That many orders of one line, a day apart; their numbers begin like a formula."""
    database.execute(
        "INSERT INTO products (sku, source) VALUES ('S1', 'test') ON CONFLICT DO NOTHING"
    )
    database.execute(
        """
        WITH made AS (
            INSERT INTO orders (source, source_id, ordered_at, day, hour, channel, country, counted,
                                taxes_included)
            SELECT 'test', :prefix || n, timestamptz '2026-01-01' + (n % 300) * interval '1 day',
                   date '2026-01-01' + n % 300, 0, 'shop', 'GB', true, false
            FROM generate_series(0, :last) n RETURNING id)
        INSERT INTO order_lines (order_id, line, product_id, quantity, unit_price, discount,
                                 tax, shipping, currency, rate, counted, first_of_order,
                                 first_of_product)
        SELECT made.id, 1, p.id, 1, 10, 0, 0, 0, 'GBP', 1, true, true, true
        FROM made, products p WHERE p.sku = 'S1'
        """,
        prefix=prefix,
        last=count - 1,
    )
