"""Where a request comes from: nobody's word is taken but a trusted proxy's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.proxies import Proxies, is_this_machine
from tests.server.processes import run


def seen(peer: str, forwarded: str | None, trusted: str = "", proto: str = "") -> tuple[str, str]:
    """Address and scheme as the application sees them."""
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded is not None else []
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    scope: dict[str, Any] = {"type": "http", "client": (peer, 1), "scheme": "http"}
    scope["headers"] = headers

    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    run(Proxies(app, trusted)(scope, None, None))  # type: ignore[arg-type]
    return scope["client"][0], scope["scheme"]


def test_without_trusted_proxies_nobody_may_say_who_they_are() -> None:
    assert seen("127.0.0.1", "8.8.8.8", proto="https") == ("127.0.0.1", "http")


def test_a_trusted_proxy_names_client_and_scheme() -> None:
    assert seen("10.1.2.3", "8.8.8.8", "10.0.0.0/8", "https") == ("8.8.8.8", "https")


def test_the_last_address_that_cannot_be_made_up_counts() -> None:
    assert seen("10.0.0.1", "1.1.1.1, 8.8.8.8, 10.0.0.2", "10.0.0.0/8")[0] == "8.8.8.8"


def test_an_address_wrapped_in_ipv6_is_unwrapped() -> None:
    assert seen("::ffff:192.0.2.7", None)[0] == "192.0.2.7"
    assert seen("::ffff:10.0.0.1", "8.8.8.8", "10.0.0.0/8")[0] == "8.8.8.8"


@given(st.text(max_size=60), st.sampled_from(["", "10.0.0.0/8", "::/0"]))
def test_whatever_the_header_says_the_client_stays_an_address(said: str, trusted: str) -> None:
    from ipaddress import ip_address

    ip_address(seen("10.0.0.1", said.encode("utf-8", "replace").decode("latin-1"), trusted)[0])


@pytest.mark.parametrize(
    ("peer", "header", "local"),
    [
        ("127.0.0.1", None, True),
        ("::1", None, True),
        ("::ffff:127.0.0.1", None, True),
        ("127.0.0.1", b"x-forwarded-for", False),
        ("127.0.0.1", b"forwarded", False),
        ("192.0.2.1", None, False),
    ],
)
def test_only_a_direct_request_from_here_is_from_this_machine(
    peer: str, header: bytes | None, local: bool
) -> None:
    headers = [(header, b"127.0.0.1")] if header else []
    assert is_this_machine({"type": "http", "client": (peer, 1), "headers": headers}) is local
