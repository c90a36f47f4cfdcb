"""How Xero is signed in to: client credentials, or a person's consent with PKCE."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets as chance
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from sqlalchemy import text

from data import database, secrets
from data.integrations import tokens
from data.integrations.client import Making
from data.integrations.credentials import Credentials
from data.integrations.errors import SignInRefused, Unexpected
from data.integrations.pacing import Rate
from data.integrations.transport import Identity, Operation
from data.integrations.wire import Request
from data.integrations.xero_answers import TITLE, judge_token

SCOPES = (
    "accounting.invoices.read accounting.payments.read accounting.banktransactions.read "
    "accounting.contacts.read accounting.settings.read accounting.reports.balancesheet.read "
    "accounting.reports.banksummary.read accounting.reports.profitandloss.read"
)
_TOKEN = Operation("token", Rate(per_s=1, burst=5))
# A code is good for one exchange; a second one may take back what the first one gave.
_CODE = Operation("token", Rate(per_s=1, burst=5), idempotent=False)
_STATE_LIVES = timedelta(minutes=15)


@dataclass(frozen=True)
class Tenant:
    """An organisation that the sign-in allows."""

    id: str
    name: str


class Signer:
    """Gets tokens for one connection."""

    def __init__(self, making: Making, identity: Identity) -> None:
        self._credentials = making.credentials
        self._world = making.world
        self._transport = making.transport(identity, judge_token)

    def renew(self, stored: tokens.Token | None) -> tokens.Token:
        """A new token: by the rotating refresh token of a consent, else by client credentials."""
        if stored is not None and stored.refresh:
            form = {"grant_type": "refresh_token", "refresh_token": stored.refresh}
            return self._ask(form, stored.refresh)
        if not self._credentials.get("client_secret"):
            raise SignInRefused("Xero is not signed in; sign in on the Integrations page.")
        form = {"grant_type": "client_credentials", "scope": SCOPES}
        return self._ask(form, None)

    def exchange(self, code: str, verifier: str, redirect: str) -> tokens.Token:
        """The token behind a consent's code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
        }
        return self._ask(form, None, _CODE)

    def _ask(
        self, form: Mapping[str, str], refresh: str | None, operation: Operation = _TOKEN
    ) -> tokens.Token:
        client, secret = self._credentials.get("client_id"), self._credentials.get("client_secret")
        request = Request(
            "POST",
            token_url(self._credentials),
            {"Accept": "application/json"},
            form=form if secret else {**form, "client_id": client},
            basic=(client, secret) if secret else None,
        )
        found = self._transport.json(operation, request)
        made = tokens.given(found, self._world.now(), 1800, refresh)
        if made is None:
            raise Unexpected("Xero gave no access token; check XERO_TOKEN_URL.")
        return made


def begin(connection: str, given: Credentials, redirect: str) -> str:
    """Address at Xero where a person allows the app; what proves the answer is stored sealed."""
    state, verifier = chance.token_urlsafe(24), chance.token_urlsafe(64)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    proof = json.dumps({"verifier": verifier, "redirect": redirect})
    database.execute(
        "INSERT INTO integration_sign_ins (state, connection, sealed) "
        "VALUES (:state, :connection, :sealed)",
        state=_hashed(state),
        connection=connection,
        sealed=secrets.encrypt(proof),
    )
    query = {
        "response_type": "code",
        "client_id": given.get("client_id"),
        "redirect_uri": redirect,
        "scope": f"offline_access {SCOPES}",
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{given.get('authorize_url')}?{urlencode(query)}"


def finish(state: str, code: str, making_of: Callable[[str], Making]) -> str:
    """Take the code of a consent for a token; returns the connection it was begun for.

    Raises SignInRefused for a state that is unknown, used or too old.
    """
    with database.transaction() as opened:
        row = opened.execute(
            text(
                "DELETE FROM integration_sign_ins WHERE state = :state "
                "AND made_at > now() - make_interval(secs => :lives) RETURNING connection, sealed"
            ),
            {"state": _hashed(state), "lives": _STATE_LIVES.total_seconds()},
        ).first()
    if row is None:
        raise SignInRefused("This sign-in at Xero is too old or was not begun here; begin again.")
    making = making_of(row.connection)
    proof = json.loads(secrets.decrypt(row.sealed))
    signer = Signer(making, Identity(making.connection, "xero", TITLE))
    tokens.store(making.connection, signer.exchange(code, proof["verifier"], proof["redirect"]))
    return making.connection


def token_url(given: Credentials) -> str:
    """The token endpoint; its documented path where the setting names only a host."""
    url = given.get("token_url")
    return url if urlsplit(url).path.strip("/") else f"{url.rstrip('/')}/connect/token"


def _hashed(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
