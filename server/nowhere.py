"""What is nowhere: addresses and methods that nobody answers for, told in the one shape of errors.

Streamlit would answer an address it does not know with its page, and a wrong method in plain text.
"""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.problems import problem

_KEPT = ("allow", "retry-after", "www-authenticate")
_SENTENCES = {
    404: "There is no such address; the dashboard is at /.",
    405: "This address does not take that method.",
}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>No such page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>:root{color-scheme:
light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}
</style><h1>There is no such page</h1><p>The address may be old or mistyped.
<a href="/">Open the dashboard</a></p></html>"""


class Nowhere:
    """ASGI layer inside the one that answers for pages; `/api` tells its own errors."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and tell anew what came back as nothing of ours."""
        if scope["type"] != "http" or scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        answer: Response | None = None

        async def sending(message: Message) -> None:
            nonlocal answer
            if message["type"] == "http.response.start":
                answer = _instead(scope, message)
            if answer is None:
                await send(message)

        await self.app(scope, receive, sending)
        if answer is not None:
            await answer(scope, receive, send)


def _instead(scope: Scope, start: Message) -> Response | None:
    """The answer in place of one that begins so; None: it stays."""
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "").partition(";")[0]
    status: int = start["status"]
    if kind == "text/html":
        status = 404  # every page of ours was answered for before
    elif status < 400 or kind != "text/plain":
        return None
    if status == 404 and "text/html" in Headers(scope=scope).get("accept", ""):
        return HTMLResponse(_PAGE, 404)
    told = {name: headers[name] for name in _KEPT if name in headers}
    return problem(status, _SENTENCES.get(status) or f"{HTTPStatus(status).phrase}.", told)
