"""What is refused before anybody looks at it, and what every answer carries."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.product import RunningApp
from tests.server.processes import eventually


@pytest.fixture(scope="module")
def strict(postgres: object) -> Iterator[RunningApp]:
    """A product with hosts, origins, a small body limit and a metrics token."""
    made = RunningApp(
        environment={
            "ALLOWED_HOSTS": "127.0.0.1,dashboard.example",
            "ALLOWED_ORIGINS": "https://intranet.example",
            "FRAME_ANCESTORS": "https://intranet.example",
            "HTTP_BODY_KIB": "4",
            "METRICS_TOKEN": "let-me-see",
            "TRUSTED_PROXIES": "127.0.0.1",
        }
    )
    made.start()
    yield made
    made.stop()


def test_every_answer_carries_the_security_headers(strict: RunningApp) -> None:
    for path in ("/", "/health", "/api/docs", "/nothing", "/static/nothing.js", "/_stcore/metrics"):
        headers = raw(strict, f"GET {path} HTTP/1.1")
        assert "x-content-type-options: nosniff" in headers, path
        assert "referrer-policy: same-origin" in headers, path
        assert "script-src 'self' 'wasm-unsafe-eval' 'sha256-" in headers, path
        assert "frame-ancestors https://intranet.example" in headers, path
        assert "strict-transport-security" not in headers, path


def test_https_behind_a_trusted_proxy_is_said_to_last(strict: RunningApp) -> None:
    headers = raw(strict, "GET / HTTP/1.1", "X-Forwarded-Proto: https")
    assert "strict-transport-security: max-age=31536000" in headers


def test_another_host_name_is_not_answered(strict: RunningApp) -> None:
    assert raw(strict, "GET / HTTP/1.1", host="evil.example").startswith("http/1.1 400")
    assert raw(strict, "GET /health HTTP/1.1", host="dashboard.example:443").startswith(
        "http/1.1 200"
    )


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://["]
)
def test_another_site_changes_nothing(strict: RunningApp, origin: str) -> None:
    for path in ("/auth/session", "/api/admin/users", "/_stcore/upload_file/a/b"):
        answer = raw(strict, f"POST {path} HTTP/1.1", f"Origin: {origin}", "Content-Length: 0")
        assert answer.startswith("http/1.1 403"), path


def test_another_site_opens_no_live_connection(strict: RunningApp) -> None:
    address = f"ws://127.0.0.1:{strict.port}/_stcore/stream"
    for origin in ("https://evil.example", "http://["):
        with pytest.raises(InvalidStatus) as refused:
            connect(address, additional_headers={"Origin": origin})
        assert refused.value.response.status_code == 403, origin
    connect(address, additional_headers={"Origin": strict.url}).close()


def test_a_body_that_is_too_large_is_refused_stated_or_not(strict: RunningApp) -> None:
    stated = raw(strict, "POST /api/admin/users HTTP/1.1", "Content-Length: 5000")
    assert stated.startswith("http/1.1 413")
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    for path in ("/auth/session", "/api/admin/users"):
        unstated = raw(
            strict,
            f"POST {path} HTTP/1.1",
            "Transfer-Encoding: chunked",
            "X-Requested-With: sentia",
            "Content-Type: application/json",
            body=chunk * 3 + b"0\r\n\r\n",
        )
        assert unstated.startswith("http/1.1 413"), path
        assert "content-type: application/problem+json" in unstated


NOWHERE = ("/.env", "/.streamlit/config.toml", "/server/shell.py", "/a/b/c", "/api", "/api/nothing",
           "/api/docs/", "/health/nothing", "/auth/nothing", "/static/nothing.js", "/favicon.ico",
           "/x/_stcore/metrics", "/media/nothing.png", "/index.html")  # fmt: skip


@pytest.mark.parametrize("path", NOWHERE)
def test_an_address_that_is_nowhere_is_not_answered_with_a_page(
    strict: RunningApp, path: str
) -> None:
    head = raw(strict, f"GET {path} HTTP/1.1")
    assert head.split()[1] == ("401" if path.startswith("/media") else "404")
    assert "content-type: application/problem+json" in head
    browser = raw(strict, f"GET {path} HTTP/1.1", "Accept: text/html,*/*")
    assert browser.split()[1] in ("401", "404")


@pytest.mark.parametrize("path", ["/health", "/metrics", "/auth/session", "/", "/overview",
                                  "/monitoring/dashboard.html", "/api/kpis"])  # fmt: skip
@pytest.mark.parametrize("method", ["TRACE", "PUT", "PROPFIND"])
def test_a_method_that_nobody_takes_is_a_problem(
    strict: RunningApp, method: str, path: str
) -> None:
    head = raw(strict, f"{method} {path} HTTP/1.1", "Content-Length: 0")
    assert head.startswith("http/1.1 405")
    assert "content-type: application/problem+json" in head
    assert "allow: " in head


def test_no_answer_repeats_a_host_that_the_request_made_up(app: RunningApp) -> None:
    for path in ("/api/docs/", "/overview/", "/health/", "/monitoring/dashboard.html"):
        head = raw(app, f"GET {path} HTTP/1.1", host="evil.example")
        assert "evil.example" not in head, path


def test_metrics_need_their_token(strict: RunningApp) -> None:
    assert strict.get("/metrics")[0] == 403
    assert strict.get("/metrics", Authorization="Bearer wrong")[0] == 403
    eventually(lambda: strict.get("/metrics", Authorization="Bearer let-me-see")[0] == 200)


def test_the_browser_finds_nothing_to_complain_about(
    app: RunningApp, context: BrowserContext
) -> None:
    page = context.new_page()
    said: list[str] = []
    foreign: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: foreign.append(request.url))
    page.goto(app.url)
    page.get_by_label("Username").wait_for()
    page.wait_for_timeout(500)
    assert not [text for text in said if "Content Security Policy" in text]
    assert not [url for url in foreign if not url.startswith((app.url, "data:", "blob:"))]


def test_metrics_without_a_token_answer_this_machine_only(app: RunningApp) -> None:
    eventually(lambda: app.get("/metrics")[0] == 200)
    assert app.get("/metrics", **{"X-Forwarded-For": "127.0.0.1"})[0] == 403


def test_the_former_monitoring_page_leads_to_the_performance_page(app: RunningApp) -> None:
    with urllib.request.urlopen(f"{app.url}/monitoring/dashboard.html") as answer:
        assert answer.url == f"{app.url}/performance"


def raw(
    app: RunningApp, line: str, *headers: str, host: str = "127.0.0.1", body: bytes = b""
) -> str:
    """Head of the answer in lower case, to a request that no client library would send."""
    head = "\r\n".join((line, f"Host: {host}", "Connection: close", *headers)) + "\r\n\r\n"
    with socket.create_connection(("127.0.0.1", app.port), 30) as opened:
        opened.sendall(head.encode() + body)
        received = b""
        while b"\r\n\r\n" not in received and (part := opened.recv(65536)):
            received += part
    return received.split(b"\r\n\r\n", 1)[0].decode("latin-1").lower()
