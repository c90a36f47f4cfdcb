"""Shopify Admin: GraphQL 2026-10, client credentials or a static token, cost throttling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from data import company
from data.integrations import shopify_queries as ask
from data.integrations import tokens
from data.integrations.client import Input, Making, Stream, Vendor
from data.integrations.errors import NotAllowed, NotConfigured, SignInRefused, Unexpected
from data.integrations.pacing import Rate
from data.integrations.records import Aggregate, Page
from data.integrations.shopify_answers import BUCKET, TITLE, data, judge
from data.integrations.shopify_bulk import BATCH, Bulk, BulkUnavailable
from data.integrations.shopify_walk import Walk, stamp
from data.integrations.transport import Identity, Operation, Verdict, decoded, judged_by_status
from data.integrations.wire import Received, Request

_QUERY = Operation("graphql", BUCKET, bucket="points", cost=50)
_BULK = Operation("bulkOperationRunQuery", BUCKET, bucket="points", cost=10, idempotent=False)
_TOKEN = Operation("token", Rate(per_s=1, burst=5))


class Shopify:
    """One shop."""

    def __init__(self, making: Making) -> None:
        self._credentials = making.credentials
        shop = _shop(making.credentials.get("shop"))
        given = making.credentials.get("base_url")
        if not self._can_sign_in() or ("{shop}" in given and not shop):
            raise NotConfigured(_MISSING)
        base = given.replace("{shop}", shop)
        root = base.split("/admin")[0].rstrip("/")
        self._graphql = f"{root}/admin/api/{ask.VERSION}/graphql.json"
        self._token_url = _token_url(making.credentials.get("token_url"), root, shop)
        self.identity = Identity(making.connection, "shopify", TITLE)
        self.world = making.world
        self._sign_in = making.transport(self.identity, _judge_token)
        self.transport = making.transport(self.identity, judge, signer=self)
        self.fell_forward: str | None = None

    def sign(self, request: Request, rejected: str | None) -> tuple[Request, str]:
        """Put the access token on a request."""
        token = self._credentials.get("access_token")
        if not token or self._credentials.get("client_id"):
            token = tokens.access(self.identity.connection, self._renew, self.world.now(), rejected)
        headers = {**request.headers, "X-Shopify-Access-Token": token}
        return Request(request.method, request.url, headers, body=request.body), token

    def query(self, text: str, operation: Operation = _QUERY, **variables: Any) -> Any:
        """`data` of a GraphQL answer; its errors are raised in words."""
        request = Request("POST", self._graphql, {}, body={"query": text, "variables": variables})
        received = self.transport.send(operation, request)
        answered = received.headers.get("X-Shopify-API-Version")
        self.fell_forward = None if answered in (None, ask.VERSION) else answered
        return data(decoded(received, TITLE), self.transport.hide)

    def mutate(self, text: str, **variables: Any) -> Any:
        """As `query`, for what is not repeated when its answer is lost."""
        return self.query(text, _BULK, **variables)

    def probe(self) -> str:
        """Read the shop's name and what the app may read."""
        found = self.query(ask.SHOP)
        shop = found.get("shop") or {}
        installed = found.get("currentAppInstallation") or {}
        scopes = {each.get("handle") for each in installed.get("accessScopes") or []}
        words = f"{shop.get('name', 'The shop')} answers, amounts in {shop.get('currencyCode')}."
        missing = sorted(_SCOPES - scopes) if scopes else []
        if missing:
            raise NotAllowed(f"{words} The app lacks {', '.join(missing)}; add them to the app.")
        if scopes and "read_all_orders" not in scopes:
            words += " Only orders of the last 60 days arrive; for older ones add read_all_orders."
        return words

    def streams(self) -> Sequence[Stream]:
        """Products with stock, then orders."""
        return (
            Stream("products", "Products and stock", self._products),
            Stream("orders", "Orders and refunds", self._orders, together=BATCH),
        )

    def since(self, at: datetime) -> Sequence[Stream]:
        """Orders changed since then, read again."""
        held = {"since": stamp(at)}

        def again(position: Mapping[str, Any] | None) -> Iterator[Page]:
            return self._orders(position or held)

        return (Stream("orders again", "Orders", again, together=BATCH),)

    def aggregates(self, start: date, end: date) -> Iterator[Aggregate]:
        """How many orders each day has; Shopify offers no other totals through this API."""
        zone = company.zone()
        while start < end:
            after = start + timedelta(days=1)
            first, last = (stamp(datetime.combine(d, time(), zone)) for d in (start, after))
            wanted = f"processed_at:>='{first}' AND processed_at:<'{last}'"
            found = self.query(ask.ORDER_COUNT, query=wanted).get("ordersCount") or {}
            if found.get("precision") == "EXACT":
                yield Aggregate("orders", start, Decimal(found["count"]), None, "", zone.key)
            start = after

    def _orders(self, position: Mapping[str, Any] | None) -> Iterator[Page]:
        place = dict(position or {})
        walk = Walk(self)
        if "since" not in place and not place.get("paged"):
            try:
                yield from Bulk(self, walk).pages(place)
                return
            except BulkUnavailable:
                place = {"paged": True}
        yield from walk.orders(place)

    def _products(self, position: Mapping[str, Any] | None) -> Iterator[Page]:
        yield from Walk(self).products(dict(position or {}))

    def notices(self) -> tuple[str, ...]:
        """What a person should know although everything works."""
        if self.fell_forward is None:
            return ()
        return (
            f"Shopify answers with version {self.fell_forward} instead of {ask.VERSION}; "
            "figures may change meaning, update this product.",
        )

    def _can_sign_in(self) -> bool:
        given = self._credentials
        return bool(
            given.get("access_token") or (given.get("client_id") and given.get("client_secret"))
        )

    def _renew(self, _: tokens.Token | None) -> tokens.Token:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._credentials.get("client_id"),
            "client_secret": self._credentials.get("client_secret"),
        }
        document = self._sign_in.json(_TOKEN, Request("POST", self._token_url, {}, form=form))
        made = tokens.given(document, self.world.now(), 86_399)
        if made is None:
            raise Unexpected("Shopify gave no access token; check SHOPIFY_TOKEN_URL.")
        return made


def _judge_token(received: Received, now: float) -> Verdict:
    if received.status in (400, 401, 403):
        return Verdict(
            error=SignInRefused(
                "Shopify refuses the client id and secret; check that the app is installed in "
                "this shop, then enter both again."
            )
        )
    return judged_by_status(TITLE, received, now)


def _shop(given: str) -> str:
    host = urlsplit(given if "//" in given else f"//{given}").hostname or ""
    return host.removesuffix(".myshopify.com")


def _token_url(given: str, root: str, shop: str) -> str:
    chosen = given.replace("{shop}", shop)
    if not chosen:
        return f"{root}/admin/oauth/access_token"
    has_path = urlsplit(chosen).path.strip("/")
    return chosen if has_path else f"{chosen.rstrip('/')}/admin/oauth/access_token"


_SCOPES = frozenset({"read_orders", "read_products", "read_inventory", "read_locations"})
_MISSING = "Shopify is not connected; give the shop, the client id and the client secret."

VENDOR = Vendor(
    name="shopify",
    title=TITLE,
    every=timedelta(minutes=15),
    inputs=(
        Input("shop", "Shop", "The part before .myshopify.com"),
        Input("client_id", "Client ID", "Dev Dashboard, Apps, your app, Settings", optional=True),
        Input("client_secret", "Client secret", "On the same page", secret=True, optional=True),
        Input("access_token", "Access token", "Only for an older app: shpat_…", True, True),
    ),
    steps=(
        "In Shopify's Dev Dashboard make an app and install it in your shop.",
        "Give it the scopes read_orders, read_all_orders, read_products, read_inventory and "
        "read_locations.",
        "Copy client id and client secret from its settings to here.",
    ),
    make=Shopify,
)
