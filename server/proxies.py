"""Whom a request comes from: its peer, or whom a trusted proxy says, in one spelling."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from auth import audit

Address = IPv4Address | IPv6Address
_SECURE = {"http": {"https": "https"}, "websocket": {"https": "wss", "wss": "wss"}}


class Proxies:
    """ASGI layer that sets `client` and `scheme`; outermost, so that all others may believe them.

    A server that listens on both protocols shows IPv4 clients as ::ffff:a.b.c.d; they lose that.
    """

    def __init__(self, app: ASGIApp, trusted: str = "") -> None:
        self.app = app
        parts = (part.strip() for part in trusted.split(","))
        self.trusted = [ip_network(part, strict=False) for part in parts if part]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Correct the scope and pass it on."""
        if scope["type"] in ("http", "websocket") and scope.get("client"):
            host, port = scope["client"]
            peer = parsed(host)
            if peer is not None:
                scope["client"] = (str(peer), port)
                if self._trusts(peer):
                    self._believe(scope, port)
            audit.coming_from(scope["client"][0])
        await self.app(scope, receive, send)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.trusted)

    def _believe(self, scope: Scope, port: int) -> None:
        headers = Headers(scope=scope)
        proto = headers.get("x-forwarded-proto", "").strip().lower()
        scope["scheme"] = _SECURE[scope["type"]].get(proto, scope["scheme"])
        for said in reversed(",".join(headers.getlist("x-forwarded-for")).split(",")):
            address = parsed(said.strip())
            if address is None:
                return
            scope["client"] = (str(address), port)
            # The right-most address that is no proxy of ours is the last that cannot be made up.
            if not self._trusts(address):
                return


def parsed(text: str) -> Address | None:
    """An address without its IPv6 wrapping, None for anything else."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_this_machine(scope: Scope) -> bool:
    """Whether the request was made here, and not by a proxy for somebody else."""
    headers = Headers(scope=scope)
    if any(name in headers for name in ("x-forwarded-for", "forwarded", "x-real-ip")):
        return False
    address = parsed(scope["client"][0]) if scope.get("client") else None
    return address is not None and address.is_loopback
