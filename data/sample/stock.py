"""What was made and bought day by day to cover the demand; the oldest batch leaves first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from data.sample.company import (
    BROKEN_LINE,
    DEAD_PRODUCT,
    OUT_PRODUCT,
    OVERMADE_PRODUCT,
    PRODUCTS,
    REGIONS,
    Calendar,
)
from data.sample.demand import Floats, Ints
from data.sample.load_sales import Sold

COVER_DAYS = 28
SAFETY_DAYS = 10
OVERMADE_DAYS = 280


@dataclass(frozen=True)
class Supply:
    """Stock coming in by [day, product, region]: `opening` before the first day."""

    opening: Ints
    made: Ints
    scrapped: Ints


@dataclass(frozen=True)
class Movement:
    """One stock movement; `day` is an index, `expires` a date."""

    day: int
    product: int
    region: int
    batch: str
    expires: date | None
    kind: str
    quantity: int


@dataclass
class _Place:
    """A product in a warehouse: what leaves and comes back, and what is to be made for it."""

    calendar: Calendar
    product: int
    units: Ints
    returned: Ints
    made: Ints
    scrapped: Ints

    def __post_init__(self) -> None:
        self.mean = float(self.units[self.units > 0].mean()) if self.units.any() else 1.0
        later = np.full(COVER_DAYS, round(float(self.units[-28:].mean())))
        self.coming = np.concatenate([self.units, later])

    def plan(self) -> int:
        """Fill `made` and `scrapped`; returns the opening stock."""
        opening = int(self.coming[:COVER_DAYS].sum() + SAFETY_DAYS * self.mean) + 1
        out = self.calendar.stock_out if self.product == OUT_PRODUCT else range(0)
        stock = opening
        for day in range(self.calendar.count):
            self.made[day] = max(0, self._wanted(day, stock))
            stock += int(self.made[day] + self.returned[day] - self.units[day])
            if day in out[:-1] and stock > 0:
                self.scrapped[day], stock = stock, 0
        return opening

    def _wanted(self, day: int, stock: int) -> int:
        """How much to make that day; products are made on one or two days a week."""
        weekday = (self.calendar.first + timedelta(day)).weekday()
        story = self._story(day, stock, weekday)
        if story is not None:
            return story
        if weekday not in _CAMPAIGNS[self.product]:
            return 0
        return int(self.coming[day : day + COVER_DAYS].sum() + SAFETY_DAYS * self.mean) - stock

    def _story(self, day: int, stock: int, weekday: int) -> int | None:
        """What happens on a day that a story is about, None on all others."""
        out = self.calendar.stock_out
        if self.product == OUT_PRODUCT and out.start - 25 <= day < out.stop - 1:
            return int(self.coming[day : out.start].sum()) - stock if day < out.start else 0
        if PRODUCTS[self.product].line == BROKEN_LINE and day in self.calendar.breakdown:
            return 0
        if self.product == OUT_PRODUCT and day >= out.stop - 1:
            return int(self.coming[day : day + 9].sum()) - stock if weekday < 6 else 0
        if self.product == DEAD_PRODUCT and day >= self.calendar.dead - 5:
            return 0
        if self.product == OVERMADE_PRODUCT and day in self.calendar.overmade:
            return int(OVERMADE_DAYS * self.mean / len(self.calendar.overmade))
        return None


_CAMPAIGNS = ((0, 1), (2, 3), (3, 4), (1, 4), (0, 3), (2, 4), (0, 2), (1,), (4,))


def supply(calendar: Calendar, sold: Sold) -> Supply:
    """Plans each product's weekly campaigns from the demand that will come."""
    opening = np.zeros((len(PRODUCTS), len(REGIONS)), dtype=np.int64)
    made = np.zeros_like(sold.units)
    scrapped = np.zeros_like(sold.units)
    for product, region in np.ndindex(opening.shape):
        place = (slice(None), product, region)
        opening[product, region] = _Place(
            calendar, product, sold.units[place], sold.returned[place], made[place],
            scrapped[place],
        ).plan()  # fmt: skip
    return Supply(opening, made, scrapped)


def movements(calendar: Calendar, sold: Sold, plan: Supply) -> Iterator[Movement]:
    """Every movement of every batch; what leaves is taken from the oldest batch."""
    for product in range(len(PRODUCTS)):
        for region in range(len(REGIONS)):
            yield from _of_place(calendar, sold, plan, product, region)


def _of_place(
    calendar: Calendar, sold: Sold, plan: Supply, product: int, region: int
) -> Iterator[Movement]:
    arrivals = list(_arrivals(calendar, sold, plan, product, region))
    yield from arrivals
    leaving = [(day, "sale", int(units)) for day, units in
               enumerate(sold.units[:, product, region]) if units]  # fmt: skip
    leaving += [(day, "scrap", int(units)) for day, units in
                enumerate(plan.scrapped[:, product, region]) if units]  # fmt: skip
    leaving.sort()
    ends = np.cumsum([arrival.quantity for arrival in arrivals])
    gone = 0
    for day, kind, units in leaving:
        batch, until = int(np.searchsorted(ends, gone, side="right")), gone + units
        while gone < until:
            taken = min(until, int(ends[batch])) - gone
            source = arrivals[batch]
            yield Movement(day, product, region, source.batch, source.expires, kind, -taken)
            gone, batch = gone + taken, batch + 1


def _arrivals(
    calendar: Calendar, sold: Sold, plan: Supply, product: int, region: int
) -> Iterator[Movement]:
    item = PRODUCTS[product]
    shelf = timedelta(item.shelf_life)
    opening = int(plan.opening[product, region])
    yield Movement(0, product, region, "OPENING", calendar.first + shelf, "opening", opening)
    kind = "production" if item.line >= 0 else "receipt"
    for day in range(calendar.count):
        on = calendar.first + timedelta(day)
        made = int(plan.made[day, product, region])
        if made:
            yield Movement(day, product, region, f"{on:%y%m%d}", on + shelf, kind, made)
        back = int(sold.returned[day, product, region])
        if back:
            yield Movement(day, product, region, f"R{on:%y%m}", None, "return", back)


def on_hand(sold: Sold, plan: Supply) -> Ints:
    """Stock at the end of each [day, product, region]."""
    change = plan.made + sold.returned - sold.units - plan.scrapped
    return np.cumsum(change, axis=0) + plan.opening


def reorder_points(sold: Sold) -> Floats:
    """Per product: two weeks of recent demand and ten days of safety."""
    recent = sold.units[-90:].sum(axis=(0, 2))
    return np.asarray(recent) / 90 * (14 + SAFETY_DAYS)
