"""The two routes that may set the session cookie, and the script by which a page asks them to."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from auth import sessions
from components import login
from data.database import DatabaseUnavailable
from server import identity
from server.problems import problem

_LONGEST_TICKET = 200
# The page's policy allows no script inside it, so this one is fetched; the ticket travels in the
# element's data and then in the body, never in an address.
_SCRIPT = """
(() => {
  const mine = document.currentScript;
  const { act, ticket, then } = mine.dataset;
  const leave = () => then ? location.assign(then) : location.reload();
  // A page that is signing out loses its connection meanwhile, and must still end where it leads.
  if (act === "reload") return window.sentiaLeaves || leave();
  window.sentiaLeaves = act === "out";
  const failed = () => {
    const note = document.getElementById("sentia-sign-in");
    if (note) note.textContent = "The server did not answer; load the page again and sign in.";
  };
  fetch("/auth/session", {
    method: act === "out" ? "DELETE" : "POST",
    headers: { "Content-Type": "text/plain", "X-Requested-With": "sentia" },
    credentials: "same-origin",
    keepalive: true,
    body: ticket || "",
  }).then((answer) => (answer.ok || act === "out" ? leave() : failed()), failed);
})();
"""


def routes() -> list[BaseRoute]:
    """To be put before the pages."""
    return [
        Route("/auth/session", session, methods=["POST", "DELETE"]),
        Route("/auth/session.js", script),
    ]


async def session(request: Request) -> Response:
    """Begin one or end it."""
    return await (begin if request.method == "POST" else finish)(request)


async def begin(request: Request) -> Response:
    """Trade a ticket for the cookie."""
    if not _from_our_page(request):
        return _problem(403, "Only a page of this server may sign in.")
    body = (await request.body())[: _LONGEST_TICKET + 1]
    if not 0 < len(body) <= _LONGEST_TICKET:
        return _problem(400, "A ticket is needed; sign in on the page.")
    try:
        cookie = await run_in_threadpool(cookie_for, body.decode("ascii", "replace"), request.scope)
    except DatabaseUnavailable as error:
        return _problem(503, str(error))
    if cookie is None:
        return _problem(401, "The ticket was used or is too old; sign in again.")
    answer = Response(status_code=204, headers={"Set-Cookie": cookie, "Cache-Control": "no-store"})
    if identity.cookie_in(request.scope, login.CLAIM_COOKIE):
        answer.headers.append("Set-Cookie", no_claim(request.scope))
    return answer


async def finish(request: Request) -> Response:
    """End the session of the cookie, and clear it whatever happens."""
    if not _from_our_page(request):
        return _problem(403, "Only a page of this server may sign out.")
    token = identity.token_in(request.scope)
    cleared = identity.set_cookie("", 0, identity.is_https(request.scope))
    headers = {"Set-Cookie": cleared, "Cache-Control": "no-store"}
    try:
        await run_in_threadpool(sessions.sign_out, token, identity.address_of(request.scope))
    except DatabaseUnavailable as error:
        return problem(503, str(error), headers)
    return Response(status_code=204, headers=headers)


async def script(_: Request) -> Response:
    """The page's half of signing in and out."""
    return Response(
        _SCRIPT, media_type="text/javascript", headers={"Cache-Control": "public, max-age=3600"}
    )


def cookie_for(ticket: str, scope: Scope) -> str | None:
    """The Set-Cookie value of a new session; None when the ticket is no good.

    Whoever was signed in before in this browser is not any more: no session is carried over.
    """
    address = identity.address_of(scope)
    made = sessions.redeem(ticket, address, Headers(scope=scope).get("user-agent"))
    if made is None:
        return None
    sessions.sign_out(identity.token_in(scope), address)
    seconds = max(1, int((made.expires_at - datetime.now(UTC)).total_seconds()))
    return identity.set_cookie(made.token, seconds, identity.is_https(scope))


def no_claim(scope: Scope) -> str:
    """Takes away what single sign-on left for somebody who owed a code."""
    return identity.set_cookie("", 0, identity.is_https(scope), login.CLAIM_COOKIE)


def _from_our_page(request: Request) -> bool:
    """A header that no form of another site can set; its origin is checked in front of us too."""
    if request.headers.get("x-requested-with") != "sentia":
        return False
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


def _problem(status: int, sentence: str) -> Response:
    return problem(status, sentence, {"Cache-Control": "no-store"})
