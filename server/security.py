"""What every request must satisfy, and the headers every answer carries."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.settings import Settings
from server.problems import Problem, problem

_SAFE = {"GET", "HEAD", "OPTIONS"}
_UPLOADS = "/_stcore/upload_file/"
_YEAR_S = 31_536_000


class Gate:
    """ASGI layer: host, origin and body size are checked, security headers are added."""

    def __init__(self, app: ASGIApp, settings: Settings, page: str) -> None:
        self.app = app
        self.hosts = {part.lower() for part in _listed(settings.allowed_hosts)}
        self.origins = {part.rstrip("/").lower() for part in _listed(settings.allowed_origins)}
        self.limit = settings.http_body_kib * 1024
        self.policy = content_security_policy(page, settings.frame_ancestors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, self._with_headers(scope, send))
        else:
            await self.app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if self._host_allowed(headers) and self._origin_allowed(headers):
            await self.app(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if not self._host_allowed(headers):
            refusal = problem(400, "This server does not answer for that host name.")
        elif scope["method"] not in _SAFE and not self._same_site(headers):
            refusal = problem(403, "A page of another site may not change anything here.")
        elif self._too_large(scope, headers):
            refusal = self._refusal()
        else:
            await self._counted(scope, receive, send)
            return
        await refusal(scope, receive, send)

    def _host_allowed(self, headers: Headers) -> bool:
        return not self.hosts or _host_name(headers.get("host", "")) in self.hosts

    def _origin_allowed(self, headers: Headers) -> bool:
        """No origin is no browser; a browser's must be this host or one in the setting."""
        origin = headers.get("origin")
        if origin is None:
            return True
        try:
            netloc = urlsplit(origin).netloc
        except ValueError:
            return False
        return netloc.lower() == headers.get("host", "").lower() or origin.lower() in self.origins

    def _same_site(self, headers: Headers) -> bool:
        if "origin" not in headers:
            return headers.get("sec-fetch-site", "none") != "cross-site"
        return self._origin_allowed(headers)

    def _too_large(self, scope: Scope, headers: Headers) -> bool:
        length = headers.get("content-length", "0")
        if scope["path"].startswith(_UPLOADS):
            return False
        return not length.isdigit() or int(length) > self.limit

    def _refusal(self) -> Problem:
        return problem(413, f"The body is larger than {self.limit // 1024} KiB.")

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A body without a stated length is cut off where the limit is, whatever is said of it."""
        if scope["path"].startswith(_UPLOADS) or scope["method"] in _SAFE:
            await self.app(scope, receive, send)
            return
        seen, started = 0, False

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            return {"type": "http.disconnect"} if seen > self.limit else message

        async def sending(message: Message) -> None:
            nonlocal started
            if started or seen <= self.limit:
                started = True
                await send(message)

        try:
            await self.app(scope, counting, sending)
        except ClientDisconnect:
            if seen <= self.limit:
                raise
        if seen > self.limit and not started:
            await self._refusal()(scope, receive, send)

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        policy = self.policy

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", policy)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}"
            await send(message)

        return sending


def content_security_policy(page: str, frame_ancestors: str = "") -> str:
    """What Streamlit's own page needs, and no more.

    Inline styles are how its component library works; compiled WebAssembly reads Arrow data.
    """
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'wasm-unsafe-eval' {' '.join(_hashes(page))}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "media-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors " + (frame_ancestors.strip() or "'none'"),
        )
    )


def _hashes(page: str) -> tuple[str, ...]:
    """Of the scripts inside the page."""
    bodies = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", page, re.DOTALL)
    digests = (hashlib.sha256(body.encode()).digest() for body in bodies)
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def _listed(setting: str) -> list[str]:
    return [part.strip() for part in setting.split(",") if part.strip()]


def _host_name(host: str) -> str:
    """Without the port, in lower case; IPv6 keeps its brackets."""
    return re.sub(r":\d+$", "", host).lower()
