"""FBA stock by marketplace; what Amazon repeats for every country of its EU pool counts once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from data.integrations import amazon_parse as parse
from data.integrations import counts
from data.integrations.amazon_money import Read
from data.integrations.errors import Refused
from data.integrations.fields import listed, records
from data.integrations.pacing import Rate
from data.integrations.records import Fault, Page, Stock
from data.integrations.transport import Operation
from data.integrations.world import World

TITLE = "Amazon"
LIST = Operation("getInventorySummaries", Rate(per_s=2, burst=2))
# With Pan-European FBA each of these answers with the sum over all of them
# (amzn/selling-partner-api-models issue 452); the United Kingdom has a stock of its own.
POOL = frozenset({"DE", "FR", "IT", "ES", "NL", "BE", "IE", "PL", "SE"})


def pages(read: Read, places: Sequence[parse.Place], world: World) -> Iterator[Page]:
    """Every marketplace's stock. Paging tokens live 30 s: a walk always begins at the start."""
    begun, whole = counts.begun(), True
    pooled: dict[tuple[Any, ...], str] = {}
    for at in places:
        for page in _of(read, at, world):
            yield Page(_new(page.records, at, pooled), {}, faults=page.faults)
            whole = whole and not page.faults
    yield Page((), {}, stock_since=begun if whole else None)


def _of(read: Read, at: parse.Place, world: World) -> Iterator[Page]:
    location, seen = f"Amazon {at.country or at.id}", world.moment()

    def make(raw: Any, notes: list[Fault]) -> Stock:
        return parse.stock(raw, notes, location, seen)

    token: str | None = None
    again = False
    while True:
        try:
            found = read(LIST, "/fba/inventory/v1/summaries", _query(at, token))
        except Refused:
            # The token outlived its 30 s while a page was stored: once more from the start.
            if token is None or again:
                raise
            token, again = None, True
            continue
        payload = found.get("payload") if isinstance(found, dict) else None
        made, faults = records(listed(payload, "inventorySummaries", TITLE), make, TITLE)
        following = (found.get("pagination") or {}).get("nextToken")
        yield Page(made, {}, faults=faults)
        if not following or following == token:
            return
        token = following


def _new(found: Sequence[Any], at: parse.Place, pooled: dict[tuple[Any, ...], str]) -> list[Stock]:
    """Without what another marketplace of the pool has told with the very same figures."""
    if at.country not in POOL:
        return list(found)
    kept = []
    for each in found:
        key = (each.sku, each.on_hand, each.available, each.committed, each.incoming)
        if pooled.setdefault(key, at.id) == at.id:
            kept.append(each)
    return kept


def _query(at: parse.Place, token: str | None) -> dict[str, str]:
    query = {
        "details": "true",
        "granularityType": "Marketplace",
        "granularityId": at.id,
        "marketplaceIds": at.id,
    }
    return query if token is None else {**query, "nextToken": token}
