"""Walks Shopify's connections page by page: orders since a moment, products with stock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from data.integrations import counts
from data.integrations import shopify_parse as parse
from data.integrations import shopify_queries as ask
from data.integrations.errors import Refused, TooCostly, Unexpected
from data.integrations.fields import listed, records
from data.integrations.records import Fault, Order, Page, Product, Stock
from data.integrations.transport import Identity
from data.integrations.world import World

TITLE = "Shopify"
# What was changed while a walk ends may be stamped a little before the newest one seen.
OVERLAP = timedelta(minutes=2)
FIRST_SIZE = 50
LARGEST_SIZE = 250


class Asked(Protocol):
    """The part of the client that a walk uses."""

    identity: Identity
    world: World

    def query(self, text: str, **variables: Any) -> Any:
        """`data` of a GraphQL answer."""

    def notices(self) -> tuple[str, ...]:
        """What a person should know although everything works."""


class Walk:
    """Walks of one shop."""

    def __init__(self, shop: Asked) -> None:
        self._shop = shop

    def orders(self, place: Mapping[str, Any]) -> Iterator[Page]:
        """Orders changed since `place["since"]`, all of them without it."""
        since = place.get("since")
        query = None if since is None else f"updated_at:>='{since}'"
        high = place.get("high")
        for nodes, held in self._pages(ask.ORDERS, "orders", place, query=query):
            made, faults = records(nodes, self.order, TITLE)
            high = _highest(high, made)
            yield Page(
                made,
                self._after(held, since, high),
                loading=since is None and held is not None,
                faults=faults,
                notices=self._shop.notices(),
            )

    def products(self, place: Mapping[str, Any]) -> Iterator[Page]:
        """Every variant with its cost and its stock by location."""
        seen, begun = self._shop.world.moment(), str(place.get("begun") or counts.begun())
        whole = bool(place.get("whole", True))

        def made(raw: Any, notes: list[Fault]) -> tuple[Product, tuple[Stock, ...]]:
            return parse.variant(self._whole_variant(raw), notes, seen)

        for nodes, held in self._pages(ask.VARIANTS, "productVariants", place):
            pairs, faults = records(nodes, made, TITLE)
            rows: list[Product | Stock] = []
            for product, stock in pairs:
                rows += [product, *stock]
            # Without one product met, or with one unread, nothing is known of what is gone.
            whole = whole and bool(nodes) and not faults
            ended = begun if held is None and whole else None
            after = {} if held is None else {**held, "begun": begun, "whole": whole}
            notices = self._shop.notices()
            yield Page(rows, after, faults=faults, notices=notices, stock_since=ended)

    def order(self, raw: Any, notes: list[Fault]) -> Order:
        """One order of an answer, with the lines that did not fit into it."""
        return parse.order(self._whole(raw), notes, self._shop.identity.connection)

    def _after(
        self, held: Mapping[str, Any] | None, since: str | None, high: str | None
    ) -> dict[str, Any]:
        """Where to go on: inside this walk, or at the newest change that it saw."""
        if held is not None:
            more = {"since": since, "high": high} if since else {"paged": True, "high": high}
            return {**held, **more}
        if high is None:
            return {"paged": True} if since is None else {"since": since}
        return {"since": stamp(datetime.fromisoformat(high) - OVERLAP)}

    def _pages(
        self, text: str, name: str, place: Mapping[str, Any], **variables: Any
    ) -> Iterator[tuple[list[Any], dict[str, Any] | None]]:
        """Nodes of each page, and where to go on; None after the last."""
        size, after = int(place.get("size") or FIRST_SIZE), place.get("after")
        resumed, largest = after is not None, int(place.get("largest") or LARGEST_SIZE)
        while True:
            try:
                found = self._shop.query(text, first=size, after=after, **variables)
            except TooCostly:
                if size == 1:
                    raise
                largest = size = size // 2
                continue
            except Refused:
                if not resumed:
                    raise
                after, resumed = None, False
                continue
            nodes, following = _page(found, name)
            if following is not None and following == after:
                raise Unexpected("Shopify's paging does not move on; the next run tries again.")
            size = min(largest, 2 * size)
            held = {"after": following, "size": size, "largest": largest}
            yield nodes, None if following is None else held
            if following is None:
                return
            after, resumed = following, False

    def _whole(self, raw: Any) -> Any:
        """The order with every line and every refund line."""
        if not isinstance(raw, dict):
            return raw
        lines = raw.get("lineItems")
        self._complete(lines, ask.ORDER_LINES, raw.get("id"), ("order", "lineItems"))
        for refund in raw.get("refunds") or []:
            held = refund.get("refundLineItems")
            self._complete(held, ask.REFUND_LINES, refund.get("id"), ("refund", "refundLineItems"))
        return raw

    def _whole_variant(self, raw: Any) -> Any:
        item = raw.get("inventoryItem") if isinstance(raw, dict) else None
        if isinstance(item, dict):
            self._complete(
                item.get("inventoryLevels"),
                ask.LEVELS,
                item.get("id"),
                ("inventoryItem", "inventoryLevels"),
            )
        return raw

    def _complete(self, held: Any, text: str, owner: Any, path: tuple[str, str]) -> None:
        """Append the nodes that did not fit into the first page of a nested connection."""
        info = (held or {}).get("pageInfo") or {}
        while info.get("hasNextPage") and info.get("endCursor"):
            found = self._shop.query(text, id=owner, after=info["endCursor"])
            more = (found.get(path[0]) or {}).get(path[1]) or {}
            held["nodes"].extend(listed(more, "nodes", TITLE))
            following = more.get("pageInfo") or {}
            if following.get("endCursor") == info["endCursor"]:
                raise Unexpected("Shopify's paging does not move on; the next run tries again.")
            info = following


def stamp(at: datetime) -> str:
    """As Shopify's search wants an instant."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _page(found: Mapping[str, Any], name: str) -> tuple[list[Any], str | None]:
    connection = found.get(name)
    if not isinstance(connection, Mapping):
        raise Unexpected(
            f"Shopify answered without {name}; nothing was taken over, the next run tries again."
        )
    info = connection.get("pageInfo") or {}
    nodes = [e["node"] for e in connection["edges"]] if "edges" in connection else None
    nodes = listed(connection, "nodes", TITLE) if nodes is None else nodes
    if not info.get("hasNextPage"):
        return nodes, None
    if not info.get("endCursor"):
        raise Unexpected(
            "Shopify says that a page follows but not which; the next run tries again."
        )
    return nodes, str(info["endCursor"])


def _highest(high: str | None, made: list[Order]) -> str | None:
    newest = max((each.updated_at.isoformat() for each in made), default=None)
    return max((h for h in (high, newest) if h), default=None)
