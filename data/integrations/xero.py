"""Xero Accounting: custom connection or web app with PKCE; invoices, cash and books by month."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from data.integrations import counts, tokens
from data.integrations import xero_bank as bank
from data.integrations import xero_parse as parse
from data.integrations import xero_sign_in as sign_in
from data.integrations.client import Input, Making, Stream, Vendor
from data.integrations.errors import NotAllowed, NotConfigured, Unexpected
from data.integrations.fields import Fields, Malformed, listed, records
from data.integrations.pacing import Rate
from data.integrations.records import Account, Aggregate, Fault, Page, Record
from data.integrations.transport import Identity, Operation, decoded
from data.integrations.wire import Request
from data.integrations.xero_answers import TITLE, judge
from data.integrations.xero_reports import Books

PAGE = 1000
OVERLAP = timedelta(minutes=5)
# 60 a minute for each organisation: 30 at once and one every two seconds never exceed it.
_RATE = Rate(per_s=0.5, burst=30)

Make = Callable[[Any, list[Fault]], Record]


class Xero:
    """One organisation."""

    def __init__(self, making: Making) -> None:
        self.credentials = making.credentials
        self.identity = Identity(making.connection, "xero", TITLE)
        self.world = making.world
        if not self.credentials.get("client_id"):
            raise NotConfigured("Xero is not connected; give the client id and client secret.")
        self._signer = sign_in.Signer(making, self.identity)
        self._root = _root(self.credentials.get("base_url"))
        self._transport = making.transport(self.identity, judge, signer=self)
        self._organisation: Fields | None = None
        self._accounts: dict[str, Account] = {}

    def sign(self, request: Request, rejected: str | None) -> tuple[Request, str]:
        """Put the access token and, for a web app, the organisation on a request."""
        token = tokens.access(
            self.identity.connection, self._signer.renew, self.world.now(), rejected
        )
        # A custom connection has no tenant to name, yet Xero's specification requires the header.
        tenant = self.credentials.get("tenant_id")
        headers = {**request.headers, "Authorization": f"Bearer {token}", "xero-tenant-id": tenant}
        return Request(request.method, request.url, headers, query=request.query), token

    def read(self, path: str, since: datetime | None = None, **query: str) -> Any:
        """One GET of the Accounting API; `since` asks for what changed after it."""
        headers = {"Accept": "application/json"}
        if since is not None:
            headers["If-Modified-Since"] = since.strftime("%Y-%m-%dT%H:%M:%S")
        url = f"{self._root}/api.xro/2.0/{path}"
        operation = Operation(path, _RATE, bucket="calls")
        request = Request("GET", url, headers, query=query or None)
        received = self._transport.send(operation, request)
        return {path: []} if received.status == 304 else decoded(received, TITLE)

    def connections(self) -> list[sign_in.Tenant]:
        """The organisations that a web app's sign-in allows."""
        operation = Operation("connections", _RATE)
        request = Request("GET", f"{self._root}/connections", {"Accept": "application/json"})
        found = self._transport.json(operation, request)
        if not isinstance(found, list):
            raise Unexpected("Xero answered without its list of organisations; try again.")
        return [
            sign_in.Tenant(str(each.get("tenantId")), str(each.get("tenantName")))
            for each in found
            if each.get("tenantType", "ORGANISATION") == "ORGANISATION"
        ]

    def probe(self) -> str:
        """Read the organisation."""
        found = self.organisation()
        return f"{found.text('Name', 'The organisation')} answers, books in {self.base()}."

    def organisation(self) -> Fields:
        """Name, base currency, zone and year end of the organisation."""
        if self._organisation is None:
            found = listed(self.read("Organisation"), "Organisations", TITLE)
            if not found:
                raise NotAllowed("Xero shows no organisation; choose one on the Integrations page.")
            self._organisation = Fields(found[0], "the organisation")
        return self._organisation

    def base(self) -> str:
        """Base currency of the books."""
        try:
            return self.organisation().text("BaseCurrency")
        except Malformed as error:
            raise Unexpected(f"Xero has changed its answers: {error}.") from None

    def accounts(self) -> Mapping[str, Account]:
        """Ledger accounts by id."""
        if not self._accounts:
            raw = listed(self.read("Accounts"), "Accounts", TITLE)
            made, _ = records(raw, parse.account, TITLE)
            self._accounts = {each.id: each for each in made}
        return self._accounts

    def streams(self) -> Sequence[Stream]:
        """Documents first, then what settles them, then the books."""
        return (
            Stream("invoices", "Invoices and bills", self._documents(parse.INVOICES)),
            Stream("credit_notes", "Credit notes", self._documents(parse.CREDIT_NOTES)),
            Stream("overpayments", "Overpayments", self._documents(parse.OVERPAYMENTS)),
            Stream("prepayments", "Prepayments", self._documents(parse.PREPAYMENTS)),
            Stream("payments", "Payments", self._payments),
            Stream("bank", "Bank transactions", self._bank, optional=True),
            Stream("items", "Items", self._items),
            Stream("books", "Books by month", self._books),
        )

    def since(self, at: datetime) -> Sequence[Stream]:
        """Documents and payments changed since then, read again."""
        held = {"since": _stamp(at)}
        return [
            Stream(f"{each.name} again", each.title, partial(_from, each, held))
            for each in self.streams()
            if each.name not in ("items", "books")
        ]

    def aggregates(self, start: date, end: date) -> Iterator[Aggregate]:
        """Revenue by month from the profit and loss; what is owed, from the balance sheet."""
        yield from Books(self).totals(start, end)

    def _documents(
        self, shape: parse.Shape
    ) -> Callable[[Mapping[str, Any] | None], Iterator[Page]]:
        def make(raw: Any, notes: list[Fault]) -> Record:
            return parse.document(raw, notes, shape, self.base())

        return partial(self._walk, shape.list_name, make)

    def _payments(self, position: Mapping[str, Any] | None) -> Iterator[Page]:
        """Payments, each with its bank's side; after the last one documents can be settled."""
        for page in self._walk("Payments", self._payment, position):
            inside = {"page", "again"} & set(page.position)
            yield page if inside else replace(page, settles=True)

    def _payment(self, raw: Any, notes: list[Fault]) -> Record:
        made, through = parse.payment(raw, notes, self.base()), bank.through(raw)
        known = self.accounts().get(through) if through else None
        return replace(made, bank=bank.paid(raw, notes, self.base(), known))

    def _bank(self, position: Mapping[str, Any] | None) -> Iterator[Page]:
        base = self.base()
        return self._walk("BankTransactions", partial(bank.transaction, base=base), position)

    def _walk(self, path: str, make: Make, position: Mapping[str, Any] | None) -> Iterator[Page]:
        """What changed since the newest change of the last walk, oldest first."""
        place = dict(position or {})
        since = _read_instant(place.get("since"))
        number, high = int(place.get("page") or 1), _read_instant(place.get("high"))
        done, begun = int(place.get("done") or 0), place.get("begun") or _stamp(self._now())
        again = bool(place.get("again"))
        while True:
            answer = self.read(
                path, since, page=str(number), pageSize=str(PAGE), order="UpdatedDateUTC ASC"
            )
            raw = listed(answer, path, TITLE)
            made, faults = records(raw, make, TITLE)
            high = max((h for h in (high, *(_changed(r) for r in made)) if h), default=None)
            done += len(raw)
            expected, last = _progress(answer, number, len(raw))
            if last:
                break
            number += 1
            held = {"since": _stamp(since), "high": _stamp(high), "page": number, "done": done}
            held |= {"begun": begun, "again": again}
            yield Page(made, held, since is None, expected, faults, done)
        if number > 1 and not again and _moved(high, begun):
            held = {"since": _stamp(since), "again": True}
            yield Page(made, held, since is None, expected, faults, done)
            yield from self._walk(path, make, held)
            return
        yield Page(made, _after(since, high), faults=faults, expected=expected, done=done)

    def _now(self) -> datetime:
        return self.world.moment()

    def _items(self, _: Mapping[str, Any] | None) -> Iterator[Page]:
        """Items are not paged and few: all of them, each time.

        Documents are settled here too, for an app that may not read payments.
        """
        begun, raw = counts.begun(), listed(self.read("Items"), "Items", TITLE)
        base, seen = self.base(), self.world.moment()
        tracked = [each for each in raw if isinstance(each, dict)]
        made, faults = records(tracked, partial(parse.item, base=base, seen=seen), TITLE)
        ended = None if faults else begun
        rows = [row for some in made for row in some]
        yield Page(rows, {}, faults=faults, stock_since=ended, settles=True)

    def _books(self, position: Mapping[str, Any] | None) -> Iterator[Page]:
        yield from Books(self).pages(position)


def _from(
    stream: Stream, start: Mapping[str, Any], position: Mapping[str, Any] | None
) -> Iterator[Page]:
    return stream.pages(position or start)


def _changed(record: Record) -> datetime | None:
    return getattr(record, "updated_at", None)


def _moved(high: datetime | None, begun: str | None) -> bool:
    """Whether something changed during the walk: it went to the end and drew a gap behind it."""
    start = _read_instant(begun)
    return high is not None and start is not None and high >= start - OVERLAP


def _progress(answer: Mapping[str, Any], number: int, count: int) -> tuple[int | None, bool]:
    """How many there are, and whether this page was the last."""
    paging = answer.get("pagination") or {}
    if paging.get("pageCount") is not None:
        return paging.get("itemCount"), number >= int(paging["pageCount"])
    # Without it: 100 or 1,000 are full pages, and an empty one ends the walk.
    return None, count not in (100, PAGE)


def _after(since: datetime | None, high: datetime | None) -> dict[str, Any]:
    newest = high or since
    return {"since": None if newest is None else _stamp(newest - OVERLAP if high else newest)}


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _read_instant(text: Any) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text))


def _root(base: str) -> str:
    """The host: the Accounting API and the list of connections lie beside each other on it."""
    parts = urlsplit(base)
    path = parts.path.split("/api.xro")[0].rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


VENDOR = Vendor(
    name="xero",
    title=TITLE,
    every=timedelta(minutes=30),
    inputs=(
        Input("client_id", "Client id", "developer.xero.com, My Apps, your app, Configuration"),
        Input("client_secret", "Client secret", "On the same page; none with PKCE", True, True),
    ),
    steps=(
        "Make an app at developer.xero.com: a custom connection for one organisation, or a web "
        "app.",
        "Give it the read scopes of accounting: invoices, payments, banktransactions, contacts, "
        "settings and the reports balancesheet, profitandloss and banksummary.",
        "Copy client id and client secret to here; for a web app then sign in at Xero and choose "
        "the organisation.",
    ),
    make=Xero,
)
