"""Streamlit's scripts, styles and fonts out of memory: a page asks for a hundred of them.

Through the framework's file responses each costs two threads and five layers; here a dictionary.
"""

from __future__ import annotations

import gzip
import mimetypes
import threading
from dataclasses import dataclass
from pathlib import Path

import streamlit
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from server.document import SHEET, Document
from server.instrument import TEMPLATE

FOLDER = Path(streamlit.__file__).parent / "static"
_COMPRESSIBLE = (".js", ".css", ".svg", ".json", ".wasm")
_WORTH_IT = 1024
# Their names change with their content.
_FOR_EVER = b"public, immutable, max-age=31536000"


@dataclass
class Asset:
    """A file as it is sent; `small` once a thread has compressed it."""

    kind: bytes
    plain: bytes
    small: bytes | None = None


class Assets:
    """ASGI layer that answers for files it knows and for the page around the pages."""

    def __init__(self, app: ASGIApp, document: Document) -> None:
        self.app = app
        self.document = document
        self.paths = {
            f"/static/{file.relative_to(FOLDER / 'static').as_posix()}": file
            for file in (FOLDER / "static").rglob("*")
            if file.is_file()
        }
        small = gzip.compress(document.sheet, 6, mtime=0)
        self.known = {SHEET: Asset(b"text/css; charset=utf-8", document.sheet, small)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
        elif scope["path"] in self.paths or scope["path"] in self.known:
            scope[TEMPLATE] = "/static/{file}"
            await self._file(scope, send)
        elif self.document.is_asked_for(scope):
            scope[TEMPLATE] = "/{page}"
            await _send(scope, send, b"text/html; charset=utf-8", self.document.body_for(scope),
                        [(b"cache-control", b"no-cache"), (b"vary", b"Cookie")])  # fmt: skip
        else:
            await self.app(scope, receive, send)

    async def _file(self, scope: Scope, send: Send) -> None:
        asset = self._loaded(scope["path"])
        headers = [(b"cache-control", _FOR_EVER), (b"vary", b"Accept-Encoding")]
        body = asset.plain
        if asset.small is not None and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            body = asset.small
            headers.append((b"content-encoding", b"gzip"))
        await _send(scope, send, asset.kind, body, headers)

    def _loaded(self, path: str) -> Asset:
        """Read once; compressed beside, so that nobody waits for it."""
        asset = self.known.get(path)
        if asset is None:
            file = self.paths[path]
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            asset = self.known[path] = Asset(kind.encode(), file.read_bytes())
            if file.suffix in _COMPRESSIBLE and len(asset.plain) > _WORTH_IT:
                threading.Thread(target=_compress, args=(asset,), daemon=True).start()
        return asset


def _compress(asset: Asset) -> None:
    asset.small = gzip.compress(asset.plain, 6, mtime=0)


async def _send(
    scope: Scope, send: Send, kind: bytes, body: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    headers = [
        (b"content-type", kind), (b"content-length", str(len(body)).encode()), *headers
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
