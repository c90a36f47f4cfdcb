"""What the layer around Streamlit's sign-in lets in and out; the whole way is in tests/pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from config import settings as settings_module
from server import identity, single_sign_on
from server.single_sign_on import SingleSignOn
from tests.server.processes import run


def scope(path: str, *headers: tuple[bytes, bytes]) -> Scope:
    return {"type": "http", "method": "GET", "path": path, "query_string": b"", "scheme": "http",
            "headers": [(b"host", b"here:8501"), *headers], "client": ("192.0.2.1", 1)}  # fmt: skip


def asked(path: str, app: Any, *headers: tuple[bytes, bytes]) -> tuple[int, dict[str, str]]:
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        said.append(message)

    run(SingleSignOn(app)(scope(path, *headers), receive, send))
    return said[0]["status"], {k.decode(): v.decode() for k, v in said[0]["headers"]}


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise OSError("the provider is away")


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, home: object) -> None:
    monkeypatch.setenv("SENTIA_OIDC_METADATA_URL", "https://id.example.com/x")
    monkeypatch.setenv("SENTIA_OIDC_CLIENT_ID", "sentia")
    settings_module.settings.cache_clear()


def test_nobody_brings_streamlits_cookie_in() -> None:
    kept = b"_streamlit_session=s; sentia_session=t"
    brought = b"_streamlit_user=u; " + kept + b"; _streamlit_user_tokens=v; _streamlit_user_1=w"
    told = identity.told(scope("/", (b"cookie", brought)))
    assert dict(told["headers"])[b"cookie"].strip() == kept


@pytest.mark.parametrize("path", ["/auth/login", "/auth/logout", "/oauth2callback"])
def test_without_a_provider_its_addresses_do_not_exist(path: str, home: object) -> None:
    assert asked(path, broken)[0] == 404
    assert single_sign_on.secrets_for_streamlit(settings_module.settings()) is None


@pytest.mark.usefixtures("configured")
def test_a_provider_that_breaks_leads_to_the_form() -> None:
    assert asked("/auth/login", broken)[1]["location"] == "/?refused=unreachable"
    assert asked("/oauth2callback", broken)[1]["location"] == "/?refused=late"


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    "place", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil", ""]
)
def test_nobody_is_sent_to_another_site_afterwards(place: str) -> None:
    assert single_sign_on._checked_place(place) == "/"


@pytest.mark.usefixtures("configured")
def test_a_referer_of_another_site_is_no_place_to_come_back_to() -> None:
    assert single_sign_on._place(scope("/", (b"referer", b"https://evil.example/x"))) == "/"
    ours = scope("/", (b"referer", b"http://here:8501/users?view=Now"))
    assert single_sign_on._place(ours) == "/users?view=Now"


@pytest.mark.usefixtures("configured")
def test_streamlit_is_told_in_memory_and_nothing_is_written() -> None:
    told = single_sign_on.secrets_for_streamlit(settings_module.settings())
    assert told is not None
    assert told["auth"]["redirect_uri"] == "http://localhost:8501/oauth2callback"
    assert told["auth"]["company"]["client_kwargs"]["code_challenge_method"] == "S256"
    assert len(told["auth"]["cookie_secret"]) == 64
    home = settings_module.settings().sentia_home
    assert [file.name for file in home.iterdir()] == ["secrets.key"]


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    "told", [b"{}", b"[]", b"no json", b'{"end_session_endpoint": "javascript:x"}']
)
def test_a_provider_that_cannot_sign_out_leaves_it_at_the_form(
    told: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(told) as address:
        monkeypatch.setenv("SENTIA_OIDC_METADATA_URL", address)
        monkeypatch.setenv("SENTIA_OIDC_SIGN_OUT", "provider")
        settings_module.settings.cache_clear()
        assert asked("/auth/logout", broken)[1]["location"] == "/"


@pytest.mark.usefixtures("configured")
def test_signing_out_there_names_this_client_and_the_way_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with answering(b'{"end_session_endpoint": "https://id.example.com/end?x=1"}') as address:
        monkeypatch.setenv("SENTIA_OIDC_METADATA_URL", address)
        monkeypatch.setenv("SENTIA_OIDC_SIGN_OUT", "provider")
        monkeypatch.setenv("PUBLIC_URL", "https://dash.example.com/")
        settings_module.settings.cache_clear()
        assert asked("/auth/logout", broken)[1]["location"] == (
            "https://id.example.com/end?x=1&client_id=sentia"
            "&post_logout_redirect_uri=https%3A%2F%2Fdash.example.com%2F"
        )


@contextmanager
def answering(body: bytes) -> Iterator[str]:
    """A provider's description on loopback."""

    class Description(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Description)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/x"
    server.shutdown()
    server.server_close()
