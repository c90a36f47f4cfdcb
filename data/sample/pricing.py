"""What order lines cost and earn in the region's currency, and which of them are refunded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.sample.company import CHANNELS, COST_RISE, DEARER, PRODUCTS, REGIONS, SEED, Calendar
from data.sample.demand import Floats, Ints, promoted
from data.sample.orders import Block, Clock, Columns

_PROMOTION = 0.15
_REFUNDED = 0.035
_FREE_SHIPPING = 40


@dataclass(frozen=True)
class Money:
    """Lines' money: arrays as long as the block's lines."""

    quantity: Ints
    unit_price: Floats
    discount: Floats
    tax: Floats
    shipping: Floats
    unit_cost: Floats
    fees: Floats
    rate: Floats
    counted: NDArray[np.bool_]
    first_of_order: NDArray[np.bool_]
    first_of_product: NDArray[np.bool_]
    line: Ints

    @property
    def goods(self) -> Floats:
        """What was paid for the goods, tax included."""
        return np.asarray(self.quantity * self.unit_price - self.discount)


class PriceList:
    """List prices and unit costs over the whole time, and the exchange rates of each day."""

    def __init__(self, calendar: Calendar, rates: Floats) -> None:
        """`rates`: [day, region] → company currency for one of the region's."""
        self.rates = rates
        self.promotions = promoted(calendar)
        factor = np.array([region.price_factor for region in REGIONS])
        price = np.array([product.price for product in PRODUCTS])
        years = 1.03 ** np.arange(4)
        exact = years[:, None, None] * factor[None, :, None] * price[None, None, :]
        self.prices = np.round(exact * 20) / 20
        self.costs = unit_costs(calendar)

    def money(self, block: Block) -> Money:
        """Quantities and money of a block's lines."""
        lines = block.lines
        rng = np.random.default_rng([SEED, 4, int(block.orders["number"][0])])
        channel, region, product, day = (
            lines[name] for name in ("channel", "region", "product", "day")
        )
        first = np.diff(lines["order"], prepend=-1) != 0
        counted = (block.orders["fate"] == 0)[lines["order"]]
        repeated = np.concatenate([[False], product[1:] == product[:-1]]) & ~first
        largest = np.array([each.largest_quantity for each in CHANNELS])[channel]
        quantity = 1 + (largest * rng.random(len(day)) ** 2.2).astype(np.int64)
        price = self.prices[day // 365, region, product]
        gross = quantity * price
        share = np.array([each.discount for each in CHANNELS])[channel]
        discount = np.round(
            gross * (share + _PROMOTION * (self.promotions[day] & (share < 0.3))), 2
        )
        rate = self.rates[day, region]
        return Money(
            quantity, price, discount, self._tax(gross - discount, region),
            _shipping(first, gross, channel, region),
            np.round(self.costs[day, product] * self.rates[day, 0] / rate, 4),
            np.round((gross - discount) * np.array([each.fee for each in CHANNELS])[channel], 2),
            rate, counted, first & counted, ~repeated & counted,
            np.arange(len(day)) - np.flatnonzero(first)[lines["order"]] + 1,
        )  # fmt: skip

    @staticmethod
    def _tax(goods: Floats, region: Ints) -> Floats:
        share = np.array([each.tax / (1 + each.tax) for each in REGIONS])[region]
        return np.asarray(np.round(goods * share, 2))

    def refunds(self, block: Block, money: Money, clock: Clock, last: int) -> Columns:
        """Lines sent back, each wholly, 4 to 24 days later if that day has come."""
        rng = np.random.default_rng([SEED, 5, int(block.orders["number"][0])])
        day = block.lines["day"] + rng.integers(4, 25, len(block.lines["day"]))
        consumer = np.array([each.accounts == 0 for each in CHANNELS])[block.lines["channel"]]
        chosen = rng.random(len(day)) < _REFUNDED
        rows = np.flatnonzero(chosen & consumer & money.counted & (day <= last))
        region = block.lines["region"][rows]
        return {
            "row": rows, "day": day[rows],
            "at": clock.at(day[rows], rng.uniform(0.35, 0.75, len(rows))),
            "amount": np.round(money.goods[rows] - money.tax[rows], 2), "tax": money.tax[rows],
            "rate": self.rates[day[rows], region],
        }  # fmt: skip


def _shipping(first: NDArray[np.bool_], gross: Floats, channel: Ints, region: Ints) -> Floats:
    charge = np.array([each.shipping for each in CHANNELS])[channel]
    factor = np.array([each.price_factor for each in REGIONS])[region]
    return np.where(first & (gross < _FREE_SHIPPING), np.round(charge * factor, 2), 0.0)


def unit_costs(calendar: Calendar) -> Floats:
    """Cost of one by [day, product] in pounds; the 70 cl bottles become dearer one day."""
    costs = np.tile(np.array([product.cost for product in PRODUCTS]), (calendar.count, 1))
    rise = max(0, (calendar.cost_rise - calendar.first).days)
    costs[rise:, list(DEARER)] = np.round(costs[rise:, list(DEARER)] * COST_RISE, 2)
    return costs
