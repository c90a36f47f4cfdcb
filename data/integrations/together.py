"""Stores several pages of a quick vendor in one transaction, at the place after the last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from data.integrations.records import Page
from data.integrations.world import World

# A slow vendor's page is not kept waiting for the next one.
HELD_S = 2.0


def together(pages: Iterator[Page], most: int, world: World) -> Iterator[Page]:
    """Pages of at least `most` records, fewer where the vendor is slow, ends or fails.

    What came before a failure is given before the failure is raised.
    """
    held: list[Page] = []
    records, asked = 0, world.now()
    try:
        for page in pages:
            held.append(page)
            records += len(page.records)
            # A page without records moves the position alone, such as to a bulk operation.
            if records >= most or not page.records or world.now() - asked >= HELD_S:
                yield _one(held)
                held, records, asked = [], 0, world.now()
    except Exception:
        if held:
            yield _one(held)
        raise
    if held:
        yield _one(held)


def _one(pages: Sequence[Page]) -> Page:
    """The pages as one: everything that they hold, and the position of the last."""
    last = pages[-1]
    if len(pages) == 1:
        return last
    return Page(
        records=[record for page in pages for record in page.records],
        position=last.position,
        loading=last.loading,
        expected=last.expected,
        faults=tuple(fault for page in pages for fault in page.faults),
        done=last.done,
        notices=tuple(dict.fromkeys(notice for page in pages for notice in page.notices)),
        stock_since=last.stock_since,
        settles=any(page.settles for page in pages),
    )
