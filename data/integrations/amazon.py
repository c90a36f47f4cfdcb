"""Amazon SP-API: orders 2026-01-01, finances, sales metrics and FBA stock, at its slow pace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from data.integrations import amazon_money, amazon_stock, tokens
from data.integrations import amazon_parse as parse
from data.integrations.amazon_money import stamp as _stamp
from data.integrations.client import Input, Making, Stream, Vendor
from data.integrations.errors import NotConfigured, PositionLost, Refused, SignInRefused, Unexpected
from data.integrations.fields import Fields, Malformed, listed, records
from data.integrations.pacing import Learned, Rate
from data.integrations.records import Aggregate, Fault, Order, Page
from data.integrations.transport import Identity, Operation, Verdict, judged_by_status
from data.integrations.wire import Received, Request

TITLE = "Amazon"
OVERLAP = timedelta(minutes=5)
OLDEST = timedelta(days=729)
_TOKEN = Operation("token", Rate(per_s=1, burst=5))
_ORDERS = Operation("searchOrders", Rate(per_s=0.0056, burst=20))
_METRICS = Operation("getOrderMetrics", Rate(per_s=0.5, burst=15))
_PLACES = Operation("getMarketplaceParticipations", Rate(per_s=0.016, burst=15))
_MISSING = "Amazon is not connected; give the client id, the client secret and the refresh token."


class Amazon:
    """One seller in one region, in all its marketplaces or the chosen ones."""

    def __init__(self, making: Making) -> None:
        self._credentials = making.credentials
        needed = ("client_id", "client_secret", "refresh_token")
        if not all(making.credentials.get(name) for name in needed):
            raise NotConfigured(_MISSING)
        region = making.credentials.get("region").strip().lower() or "eu"
        if region not in ("na", "eu", "fe"):
            raise NotConfigured(f"AMAZON_REGION is {region}; it must be na, eu or fe.")
        self._root = making.credentials.get("base_url").replace("{region}", region).rstrip("/")
        self.identity = Identity(making.connection, "amazon", TITLE)
        self.world = making.world
        self._sign_in = making.transport(self.identity, _judge_token)
        self._transport = making.transport(self.identity, judge, signer=self)
        self._places: list[parse.Place] | None = None

    def sign(self, request: Request, rejected: str | None) -> tuple[Request, str]:
        """Put the access token and the time on a request."""
        token = tokens.access(self.identity.connection, self._renew, self.world.now(), rejected)
        headers = {
            **request.headers,
            "x-amz-access-token": token,
            "x-amz-date": self.world.moment().strftime("%Y%m%dT%H%M%SZ"),
        }
        return Request(request.method, request.url, headers, query=request.query), token

    def probe(self) -> str:
        """Read where the seller takes part."""
        countries = sorted(each.country or each.id for each in self._participations())
        if not countries:
            return "The seller account answers, but takes part in no marketplace."
        return f"The seller account answers, marketplaces {', '.join(countries)}."

    def streams(self) -> Sequence[Stream]:
        """Orders, what lies in Amazon's warehouses, what it kept and gave back of the orders."""
        return (
            Stream("orders", "Orders", self._orders),
            Stream("stock", "Stock at Amazon", self._stock),
            Stream("money", "Fees and refunds", self._money, optional=True),
        )

    def since(self, at: datetime) -> Sequence[Stream]:
        """Orders changed and money moved since then, read again."""
        held = {"since": _stamp(at)}
        return (
            Stream("orders again", "Orders", lambda found: self._orders(found or held)),
            Stream("money again", "Fees and refunds", lambda p: self._money(p or held), True),
        )

    def places(self) -> list[parse.Place]:
        """The chosen marketplaces, else every one that the seller takes part in."""
        chosen = [m.strip() for m in self._credentials.get("marketplaces").split(",") if m.strip()]
        if chosen:
            return [parse.place(each) for each in chosen]
        if self._places is None:
            self._places = self._participations()
        return self._places

    def aggregates(self, start: date, end: date) -> Iterator[Aggregate]:
        """Sales of each day and marketplace, as Amazon counts them; its days are local."""
        for at in self.places():
            zone = ZoneInfo(at.zone)
            interval = "--".join(
                datetime.combine(each, time(), zone).isoformat() for each in (start, end)
            )
            query = {"marketplaceIds": at.id, "interval": interval, "granularity": "Day",
                     "granularityTimeZone": at.zone}  # fmt: skip
            found = self._read(_METRICS, "/sales/v1/orderMetrics", query)
            for raw in listed(found, "payload", TITLE):
                yield from self._metrics(raw, at)

    def _metrics(self, raw: Any, at: parse.Place) -> Iterator[Aggregate]:
        try:
            read = Fields(raw, "the sales metrics")
            day = date.fromisoformat(read.text("interval")[:10])
            total = read.part("totalSales")
            scope = f"{self.identity.connection} {at.country}".strip()
            amount, currency = total.number("amount"), total.text("currencyCode")
            yield Aggregate("sales", day, amount, currency, scope, at.zone)
            yield Aggregate("units", day, read.number("unitCount"), None, scope, at.zone)
        except Malformed as error:
            raise Unexpected(f"Amazon has changed its answers: {error}.") from None

    def _orders(self, position: Mapping[str, Any] | None) -> Iterator[Page]:
        place = dict(position or {})
        if not place.get("filter"):
            place = {"filter": self._filter(place.get("since")), "token": None, "done": 0}
        try:
            yield from self._walk(place)
        except PositionLost:
            yield from self._walk({**place, "token": None})

    def _filter(self, since: str | None) -> dict[str, str]:
        """Exactly one of the two: created in the last two years at first, then updated since."""
        if since is not None:
            return {"lastUpdatedAfter": since}
        return {"createdAfter": _stamp(self.world.moment() - OLDEST)}

    def _walk(self, place: Mapping[str, Any]) -> Iterator[Page]:
        loading = "createdAfter" in place["filter"]
        token, done, until = place.get("token"), int(place.get("done") or 0), place.get("until")
        marketplaces = ",".join(each.id for each in self.places())
        while True:
            found = self._search(place["filter"], marketplaces, token)
            raw = listed(found, "orders", TITLE)
            made, faults = records(raw, self._order, TITLE)
            priced = [each for each in made if each.cancelled or _priced(each)]
            done += len(raw)
            until = until or self._until(found)
            following = (found.get("pagination") or {}).get("nextToken")
            if following is not None and following == token:
                raise Unexpected("Amazon's paging does not move on; the next run tries again.")
            if not following:
                since = _stamp(datetime.fromisoformat(until) - OVERLAP)
                yield Page(priced, {"since": since}, faults=faults, done=done)
                return
            token = following
            held = {**place, "token": token, "done": done, "until": until}
            yield Page(priced, held, loading, None, faults, done)

    def _search(self, chosen: Mapping[str, str], places: str, token: str | None) -> Any:
        query = {
            **chosen,
            "marketplaceIds": places,
            "maxResultsPerPage": "100",
            "includedData": "PROCEEDS,FULFILLMENT",
        }
        if token is not None:
            query["paginationToken"] = token
        try:
            return self._read(_ORDERS, "/orders/2026-01-01/orders", query)
        except Refused:
            if token is None:
                raise
            raise PositionLost("Amazon no longer knows the page; the walk starts again.") from None

    def _until(self, found: Mapping[str, Any]) -> str:
        """Up to when the first page was complete, on Amazon's clock where it says so."""
        said = found.get("lastUpdatedBefore") or found.get("createdBefore")
        return str(said or _stamp(self.world.moment() - timedelta(minutes=2)))

    def _order(self, raw: Any, notes: list[Fault]) -> Order:
        return parse.order(raw, notes, self.identity.connection)

    def _money(self, position: Mapping[str, Any] | None) -> Iterator[Page]:
        return amazon_money.Money(self._read, self.world).pages(position)

    def _stock(self, _: Mapping[str, Any] | None) -> Iterator[Page]:
        return amazon_stock.pages(self._read, self.places(), self.world)

    def _participations(self) -> list[parse.Place]:
        found = self._read(_PLACES, "/sellers/v1/marketplaceParticipations", {})
        return [
            parse.place(str((each.get("marketplace") or {}).get("id")))
            for each in listed(found, "payload", TITLE)
            if (each.get("participation") or {}).get("isParticipating")
        ]

    def _read(self, operation: Operation, path: str, query: Mapping[str, str]) -> Any:
        headers = {"Accept": "application/json"}
        request = Request("GET", self._root + path, headers, query=query)
        return self._transport.json(operation, request)

    def _renew(self, _: tokens.Token | None) -> tokens.Token:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._credentials.get("refresh_token"),
            "client_id": self._credentials.get("client_id"),
            "client_secret": self._credentials.get("client_secret"),
        }
        url = self._credentials.get("token_url")
        url = url if urlsplit(url).path.strip("/") else f"{url.rstrip('/')}/auth/o2/token"
        found = self._sign_in.json(_TOKEN, Request("POST", url, {}, form=form))
        made = tokens.given(found, self.world.now(), 3600)
        if made is None:
            raise Unexpected("Amazon gave no access token; check AMAZON_TOKEN_URL.")
        return replace(made, refresh=None)


def judge(received: Received, now: float) -> Verdict:
    """Amazon says an expired token with 403, and its live rate in a header.

    A 429 documents no Retry-After: what was used up comes back at the operation's rate.
    """
    learned = Learned(per_s=_rate(received))
    verdict = judged_by_status(TITLE, received, now)
    expired = verdict.expired or (received.status == 403 and b"expired" in received.body.lower())
    spent = received.status == 429 and not verdict.after_s
    return replace(verdict, expired=expired, learned=learned, spent=spent)


def _judge_token(received: Received, now: float) -> Verdict:
    if received.status in (400, 401, 403):
        words = (
            "Amazon refuses the refresh token; authorise the app again in Seller Central."
            if b"invalid_grant" in received.body
            else "Amazon refuses the client id and secret; enter both again."
        )
        return Verdict(error=SignInRefused(words))
    return judged_by_status(TITLE, received, now)


def _rate(received: Received) -> float | None:
    try:
        rate = float(received.headers.get("x-amzn-RateLimit-Limit", ""))
    except ValueError:
        return None
    # Amazon's slowest operation has one call in three minutes; what is far off is no rate.
    return rate if 1e-4 <= rate <= 1e4 else None


def _priced(order: Order) -> bool:
    """Amazon gives no proceeds for a pending order; it counts once they are there."""
    return any(line.goods is not None for line in order.lines)


VENDOR = Vendor(
    name="amazon",
    title=TITLE,
    every=timedelta(minutes=60),
    inputs=(
        Input("region", "Region", "na, eu or fe", optional=True),
        Input("marketplaces", "Marketplace ids", "Comma-separated; empty: all", optional=True),
        Input("client_id", "Client id", "Solution Provider Portal, your app, LWA credentials"),
        Input("client_secret", "Client secret", "On the same page", secret=True),
        Input("refresh_token", "Refresh token", "Authorise the app, then copy it", secret=True),
    ),
    steps=(
        "In Seller Central open Apps and Services, Develop Apps, and make a private app with "
        "the roles Inventory and Order Tracking, Finance and Accounting, Selling Partner "
        "Insights and Amazon Fulfillment.",
        "Authorise the app for your own account and copy the refresh token to here.",
    ),
    make=Amazon,
)
