"""Single sign-on: Streamlit and Authlib speak with the provider, the session that follows is ours.

Streamlit's own identity cookie never leaves this process; see docs/decisions/0008.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests
import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

from auth import identities, sessions
from auth.identities import Vouched
from components import login
from config.settings import Settings, settings
from data import secrets
from data.database import DatabaseUnavailable
from server import identity, signin
from server.api.limits import Buckets
from server.problems import problem

_BEGIN, _BACK = "/auth/login", "/oauth2callback"
_STREAMLITS = ("/auth/login", "/auth/logout", "/oauth2callback")
_PLACE_COOKIE = "sentia_place"
_PLACE_S, _CLAIM_S = 600, 300
_PATIENCE_S = 5
# Each beginning asks the provider for its description.
_A_MINUTE = 30
_log = structlog.get_logger()


def secrets_for_streamlit(chosen: Settings) -> dict[str, Any] | None:
    """What `st.App(secrets=…)` takes in place of a secrets.toml; nothing is written to disk."""
    if not chosen.single_sign_on:
        return None
    try:
        key = secrets.derived("single sign-on")
    except secrets.KeyRefused as refused:
        print(refused, file=sys.stderr, flush=True)
        sys.exit(2)
    return {
        "auth": {
            "redirect_uri": f"{_public(chosen)}{_BACK}",
            "cookie_secret": key,
            login.PROVIDER: _provider(chosen, {}),
            # Asked again whoever is signed in there, for what needs a step up.
            login.PROVIDER_ANEW: _provider(chosen, {"prompt": "login", "max_age": "0"}),
        }
    }


def _public(chosen: Settings) -> str:
    return chosen.public_url.rstrip("/") or f"http://localhost:{chosen.port}"


def _provider(chosen: Settings, more: dict[str, str]) -> dict[str, Any]:
    secret = chosen.sentia_oidc_client_secret
    prompt = more.pop("prompt", chosen.sentia_oidc_prompt)
    client: dict[str, Any] = {
        "scope": chosen.sentia_oidc_scopes,
        # Also where a provider does not say that it knows it.
        "code_challenge_method": "S256",
        "timeout": _PATIENCE_S,
        # An empty parameter counts as none (RFC 6749, 3.1); without the key Streamlit sets its own.
        "prompt": "" if prompt == "provider" else prompt,
    }
    return {
        "client_id": chosen.sentia_oidc_client_id,
        "client_secret": secret.get_secret_value() if secret else "",
        "server_metadata_url": chosen.sentia_oidc_metadata_url,
        "client_kwargs": client,
        "authorize_params": more,
    }


class SingleSignOn:
    """ASGI layer around Streamlit's three addresses of signing in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.calls = Buckets(_A_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for a beginning and a return; pass everything else on."""
        if scope["type"] != "http" or scope["path"] not in _STREAMLITS:
            await self.app(scope, receive, send)
            return
        answer = await self._answer(scope, receive)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        host = identity.address_of(scope) or ""
        if scope["method"] != "GET" or not settings().single_sign_on:
            return problem(404, "There is no such page.")
        if self.calls.wait_s(host.encode()):
            return problem(429, "Too many calls; try again in a minute.", {"Retry-After": "60"})
        if scope["path"] == _BEGIN:
            return await self._begin(scope, receive)
        if scope["path"] == _BACK:
            return await self._back(scope, receive)
        return await asyncio.to_thread(_leave, scope)

    async def _begin(self, scope: Scope, receive: Receive) -> Response:
        """To the provider, remembering the page that was asked for."""
        heard = await self._streamlit(scope, receive)
        if heard.status_code not in (302, 303, 307):
            return _to("/", refused="unreachable")
        _keep(heard, scope, _PLACE_COOKIE, _place(scope), _PLACE_S)
        return heard

    async def _back(self, scope: Scope, receive: Receive) -> Response:
        """From the provider, with a session, a code to enter, or a sentence."""
        heard = await self._streamlit(scope, receive)
        claims = _claims(heard)
        place = _checked_place(identity.cookie_in(scope, _PLACE_COOKIE) or "")
        answer = await self._entered(scope, claims, place)
        for kept in heard.headers.getlist("set-cookie"):
            if not kept.startswith(identity.STREAMLIT_USER):
                answer.headers.append("set-cookie", kept)
        _keep(answer, scope, _PLACE_COOKIE, "", 0)
        return answer

    async def _entered(self, scope: Scope, claims: dict[str, Any] | None, place: str) -> Response:
        if claims is None:
            declined = b"error=" in scope["query_string"]
            return _to("/", refused="declined" if declined else "late")
        given = identities.vouched(claims)
        act = _confirm if claims.get("provider") == login.PROVIDER_ANEW else _enter
        try:
            return await run_in_threadpool(act, given, scope, place)
        except DatabaseUnavailable as error:
            return problem(503, str(error))

    async def _streamlit(self, scope: Scope, receive: Receive) -> Response:
        """What Streamlit would have answered."""
        heard = Response()

        async def hear(message: Message) -> None:
            if message["type"] == "http.response.start":
                heard.status_code = message["status"]
                heard.raw_headers = list(message["headers"])
            elif message["type"] == "http.response.body":
                heard.body += message.get("body", b"")

        try:
            await self.app(scope, receive, hear)
        except Exception as error:
            _log.warning("the provider of single sign-on could not be used", exc_info=error)
            return Response(status_code=502)
        return heard


def _leave(scope: Scope) -> Response:
    """After signing out here: to the provider where that is set, else to the form.

    No identity token is kept to give as a hint, so a provider may ask first
    (RP-Initiated Logout 1.0, 2).
    """
    chosen = settings()
    if chosen.sentia_oidc_sign_out == "here" or sessions.resolve(identity.token_in(scope)):
        return RedirectResponse("/", 303)
    try:
        told = requests.get(
            chosen.sentia_oidc_metadata_url, timeout=_PATIENCE_S, allow_redirects=False
        ).json()
        address = str(told.get("end_session_endpoint") or "")
    except (requests.RequestException, ValueError, AttributeError) as error:
        _log.warning("the provider does not say where to sign out", exc_info=error)
        address = ""
    if urlsplit(address).scheme not in ("http", "https"):
        return RedirectResponse("/", 303)
    back = {"client_id": chosen.sentia_oidc_client_id,
            "post_logout_redirect_uri": f"{_public(chosen)}/"}  # fmt: skip
    mark = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{mark}{urlencode(back)}", 303)


def _enter(given: Vouched, scope: Scope, place: str) -> Response:
    outcome = identities.admit(given, identity.address_of(scope))
    if outcome.problem:
        return _to("/", refused=outcome.problem)
    if outcome.claim:
        answer = _to(place)
        _keep(answer, scope, login.CLAIM_COOKIE, outcome.claim, _CLAIM_S)
        return answer
    cookie = signin.cookie_for(outcome.ticket or "", scope)
    if cookie is None:
        return _to("/", refused="shut")
    answer = _to(place)
    answer.headers.append("set-cookie", cookie)
    return answer


def _confirm(given: Vouched, scope: Scope, place: str) -> Response:
    """Back from a step up: the same person in the same session, asked just now."""
    person = sessions.resolve(identity.token_in(scope))
    if person is None:
        return _to("/", refused="late")
    refused = identities.confirm(given, person, identity.address_of(scope), datetime.now(UTC))
    return _to(place, refused=refused or "")


def _claims(heard: Response) -> dict[str, Any] | None:
    """The claims that Streamlit accepted and would have kept in its cookie."""
    given: dict[str, str] = {}
    for line in heard.headers.getlist("set-cookie"):
        if line.startswith(identity.STREAMLIT_USER):
            try:
                given |= {name: one.value for name, one in SimpleCookie(line).items()}
            except CookieError:
                return None

    def opened(name: str) -> bytes | None:
        value = given.get(name)
        return decode_signed_value(get_cookie_secret(), name, value) if value else None

    raw = get_cookie_with_chunks(opened, identity.STREAMLIT_USER)
    claims = json.loads(raw) if raw else None
    usable = isinstance(claims, dict) and claims.get("iss") and claims.get("sub")
    return claims if usable else None


def _place(scope: Scope) -> str:
    """The page of ours from which somebody came."""
    headers = Headers(scope=scope)
    came = urlsplit(headers.get("referer", ""))
    if came.netloc != headers.get("host"):
        return "/"
    return f"{came.path}?{came.query}" if came.query else came.path


def _checked_place(given: str) -> str:
    """A path of this server and nothing else."""
    parts = urlsplit(given)
    outside = parts.scheme or parts.netloc or not given.startswith("/") or "\\" in given
    return "/" if outside or given.startswith("//") else given


def _keep(answer: Response, scope: Scope, name: str, value: str, seconds: int) -> None:
    line = identity.set_cookie(quote(value, "/?=&%+:@"), seconds, identity.is_https(scope), name)
    answer.headers.append("set-cookie", line)


def _to(place: str, refused: str = "") -> Response:
    mark = "&" if "?" in place else "?"
    address = f"{place}{mark}{login.REFUSED}={quote(refused)}" if refused else place
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
