"""Amazon's financial transactions, 2024-06-19: fees and refunds of orders, window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from data.integrations import amazon_money_parse as parse
from data.integrations.errors import Refused, Unexpected
from data.integrations.fields import records
from data.integrations.pacing import Rate
from data.integrations.records import Charge, Fault, Page
from data.integrations.transport import Operation
from data.integrations.world import World

TITLE = "Amazon"
PATH = "/finances/2024-06-19/transactions"
OLDEST = timedelta(days=729)
# Amazon answers with nothing when the two ends lie more than 180 days apart.
WINDOW = timedelta(days=179)
# "Financial events might not include orders from the last 48 hours."
OVERLAP = timedelta(hours=72)
# The request's dates have to be more than two minutes old.
SETTLED = timedelta(minutes=3)
LIST = Operation("listTransactions", Rate(per_s=0.5, burst=10))

Read = Callable[[Operation, str, Mapping[str, str]], Any]


class Money:
    """The transactions of one seller."""

    def __init__(self, read: Read, world: World) -> None:
        self._read = read
        self._world = world

    def pages(self, position: Mapping[str, Any] | None) -> Iterator[Page]:
        """From two years ago at first, then from three days before where the last walk ended."""
        place = dict(position or {})
        end = self._world.moment() - SETTLED
        at = _instant(place.get("at") or place.get("since")) or end - OLDEST
        loading = not place.get("since")
        held = {"since": place["since"]} if place.get("since") else {}
        while at < end:
            until = min(at + WINDOW, _instant(place.get("until")) or end, end)
            yield from self._window(at, until, place.get("token"), held, loading)
            at, place = until, {}
        yield Page((), {"since": stamp(end - OVERLAP)})

    def _window(
        self, start: datetime, until: datetime, token: str | None, held: dict[str, Any], load: bool
    ) -> Iterator[Page]:
        here = {**held, "at": stamp(start), "until": stamp(until)}
        resumed = token is not None
        while True:
            query = {"postedAfter": stamp(start), "postedBefore": stamp(until)}
            try:
                found = self._read(LIST, PATH, query | ({"nextToken": token} if token else {}))
            except Refused:
                # A token that is too old; the window is read again from its start.
                if not resumed:
                    raise
                token, resumed = None, False
                continue
            payload = _payload(found)
            following = payload.get("nextToken")
            if following and following == token:
                raise Unexpected("Amazon's paging does not move on; the next run tries again.")
            after = {**here, "token": following} if following else {**held, "at": stamp(until)}
            yield _page(payload, after, load)
            if not following:
                return
            token, resumed = following, False


def stamp(at: datetime) -> str:
    """As SP-API wants an instant."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _page(payload: Mapping[str, Any], position: dict[str, Any], loading: bool) -> Page:
    raw = payload.get("transactions") or []
    if not isinstance(raw, list):
        raise Unexpected("Amazon answered without its list of transactions; nothing was taken.")
    made, faults = records(raw, _charges, TITLE)
    charges = [each for some in made for each in some]
    return Page(charges, position, loading, faults=faults)


def _charges(raw: Any, notes: list[Fault]) -> tuple[Charge, ...]:
    return parse.charges(raw, notes)


def _payload(found: Any) -> Mapping[str, Any]:
    held = found.get("payload", found) if isinstance(found, Mapping) else None
    if not isinstance(held, Mapping) or not ({"transactions", "nextToken"} & set(held) or not held):
        raise Unexpected("Amazon answered without transactions; the next run tries again.")
    return held


def _instant(text: Any) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text))
