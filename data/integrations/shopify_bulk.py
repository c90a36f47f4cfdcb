"""Shopify's first load: a bulk operation whose file is read from where the last run stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

import requests

from data.integrations import shopify_queries as ask
from data.integrations import wire
from data.integrations.errors import (
    NotAllowed,
    Refused,
    SignInRefused,
    TooCostly,
    Unexpected,
    Unreachable,
)
from data.integrations.fields import records
from data.integrations.records import Page
from data.integrations.shopify_walk import OVERLAP, TITLE, Asked, Walk, stamp
from data.integrations.transport import AGENT

BATCH = 1000
REFUND_BATCH = 50
POLL_S = 5.0
POLLS = 120
IDLE_S = 60.0
_WAITING = frozenset({"CREATED", "RUNNING", "CANCELING"})
_Answer = tuple[int, Mapping[str, str], Iterator[bytes]]


class BulkUnavailable(Exception):
    """No bulk operation can be had; the caller walks page by page."""


class _Shop(Asked, Protocol):
    def mutate(self, text: str, **variables: Any) -> Any:
        """As `query`, not repeated when its answer is lost."""


class Bulk:
    """The bulk operation of one shop's orders."""

    def __init__(self, shop: _Shop, walk: Walk) -> None:
        self._shop = shop
        self._walk = walk
        self._refund_batch = REFUND_BATCH

    def pages(self, place: Mapping[str, Any]) -> Iterator[Page]:
        """Start or find the operation, wait for it, read its file. Raises BulkUnavailable."""
        held = dict(place)
        if "bulk" not in held:
            held = self._start()
            yield Page((), held, loading=True)
        for _ in range(POLLS):
            operation = self._poll(held["bulk"])
            if operation.get("status") not in _WAITING:
                break
            yield Page((), held, loading=True)
            self._shop.world.sleep(POLL_S)
        else:
            return
        if operation.get("status") != "COMPLETED":
            raise BulkUnavailable
        yield from self._read(held, operation)

    def _start(self) -> dict[str, Any]:
        try:
            answer = self._shop.mutate(ask.BULK_RUN, query=ask.BULK_ORDERS)
        except (SignInRefused, NotAllowed):
            raise
        except Refused:
            raise BulkUnavailable from None
        outcome = answer.get("bulkOperationRunQuery") or {}
        operation = outcome.get("bulkOperation")
        if outcome.get("userErrors") or not operation:
            raise BulkUnavailable
        begun = operation.get("createdAt") or stamp(self._shop.world.moment())
        return {"bulk": operation["id"], "begun": begun, "offset": 0}

    def _poll(self, identity: str) -> Mapping[str, Any]:
        found = self._shop.query(ask.BULK_POLL, id=identity).get("bulkOperation")
        if not isinstance(found, Mapping):
            raise BulkUnavailable
        return found

    def _read(self, held: dict[str, Any], operation: Mapping[str, Any]) -> Iterator[Page]:
        since = stamp(datetime.fromisoformat(held["begun"]) - OVERLAP)
        expected = int(operation.get("objectCount") or 0)
        url = operation.get("url")
        if url is None:
            yield Page((), {"since": since}, expected=expected)
            return
        done, end = int(held.get("done") or 0), int(held["offset"])
        batch: list[Any] = []
        for raw, size, after in _orders(self._lines(url, end), end):
            batch.append(raw)
            done, end = done + size, after
            if len(batch) == BATCH:
                yield self._page(batch, {**held, "offset": end, "done": done}, expected, done)
                batch = []
        if operation.get("fileSize") and end < int(operation["fileSize"]):
            raise Unreachable(
                "Shopify's file was cut off; the next run goes on where this one stopped."
            )
        last = self._page(batch, {"since": since}, expected, done)
        yield Page(last.records, last.position, faults=last.faults, expected=expected, done=done)

    def _page(self, batch: list[Any], held: dict[str, Any], expected: int, done: int) -> Page:
        self._add_refunds(batch)
        made, faults = records(batch, self._walk.order, TITLE)
        return Page(made, held, True, expected, faults, done, self._shop.notices())

    def _add_refunds(self, batch: list[Any]) -> None:
        """Refund lines cannot be in the file: ask for those of the orders that have refunds."""
        refunded = [each for each in batch if each.get("refunds")]
        while refunded:
            some = refunded[: self._refund_batch]
            try:
                found = self._shop.query(ask.ORDER_REFUNDS, ids=[each["id"] for each in some])
            except TooCostly:
                if len(some) == 1:
                    raise
                self._refund_batch = len(some) // 2
                continue
            by_id = {each["id"]: each for each in found.get("nodes") or [] if each}
            for each in some:
                if each["id"] in by_id:
                    each["refunds"] = by_id[each["id"]].get("refunds") or []
            refunded = refunded[len(some) :]

    def _lines(self, url: str, offset: int) -> Iterator[bytes]:
        """Lines of the file from byte `offset`; no token goes to the storage it lies on."""
        try:
            if offset:
                with _opened(url, f"bytes={offset}-") as (status, told, chunks):
                    # Who packs the file although asked not to counts the packed bytes.
                    if status == 206 and told.get("Content-Encoding", "identity") == "identity":
                        yield from _split(chunks, 0)
                        return
            with _opened(url) as (status, _, chunks):
                if status != 200:
                    raise BulkUnavailable
                yield from _split(chunks, offset)
        except wire.Cut as cut:
            raise Unreachable(
                f"Shopify's file could not be read: {cut}; the next run goes on where this one "
                "stopped."
            ) from None


def _opened(url: str, part: str = "") -> AbstractContextManager[_Answer]:
    """The file, or a `part` of it where the storage gives parts."""
    headers = {"Accept-Encoding": "identity"} | ({"Range": part} if part else {})
    session: requests.Session = wire.session(AGENT)
    return wire.stream(session, wire.Request("GET", url, headers), IDLE_S)


def _split(chunks: Iterator[bytes], skip: int) -> Iterator[bytes]:
    """Whole lines with their line ends, after the first `skip` bytes."""
    rest = b""
    for chunk in chunks:
        if skip:
            cut = min(skip, len(chunk))
            skip -= cut
            chunk = chunk[cut:]  # noqa: PLW2901
        parts = (rest + chunk).split(b"\n")
        rest = parts.pop()
        for part in parts:
            yield part + b"\n"
    if rest:
        yield rest


def _orders(lines: Iterator[bytes], offset: int) -> Iterator[tuple[Any, int, int]]:
    """Each order with its lines, how many objects it was, and the offset after it."""
    order: dict[str, Any] | None = None
    objects = 0
    for line in lines:
        raw = _object(line)
        if "__parentId" not in raw:
            if order is not None:
                yield order, objects, offset
            order, objects = {**raw, "lineItems": {"nodes": []}}, 0
        elif order is None or raw["__parentId"] != order["id"]:
            raise BulkUnavailable
        else:
            order["lineItems"]["nodes"].append(raw)
        objects += 1
        offset += len(line)
    if order is not None:
        yield order, objects, offset


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        raise Unexpected(
            "Shopify's file has a line that cannot be read; the next run goes on before it."
        ) from None
    if not isinstance(found, dict):
        raise Unexpected("Shopify's file has a line that is no object.")
    return found
