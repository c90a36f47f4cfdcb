"""How many order lines each day, channel, region and product has: seasons, promotions, stories."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from data.sample.company import (
    CHANNELS,
    COLLAPSED_CHANNEL,
    DEAD_PRODUCT,
    OUT_PRODUCT,
    PRODUCTS,
    REGIONS,
    SEED,
    Calendar,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SUMMER_DRINK = 6


def lines(calendar: Calendar, total: int) -> Ints:
    """Order lines by [day, channel, region, product], `total` of them in all."""
    weights = _weights(calendar).ravel()
    rng = np.random.default_rng([SEED, 1])
    return rng.multinomial(total, weights / weights.sum()).reshape(
        calendar.count, len(CHANNELS), len(REGIONS), len(PRODUCTS)
    )


def promoted(calendar: Calendar) -> NDArray[np.bool_]:
    """Days of a promotion: the last week of November and a week in June."""
    days = [calendar.first + timedelta(number) for number in range(calendar.count)]
    return np.array(
        [
            (day.month == 11 and 22 <= day.day <= 30) or (day.month == 6 and 18 <= day.day <= 26)
            for day in days
        ]
    )


def _weights(calendar: Calendar) -> Floats:
    number = np.arange(calendar.count)
    days = [calendar.first + timedelta(int(at)) for at in number]
    of_year = np.array([day.timetuple().tm_yday for day in days])
    weekday = np.array([day.weekday() for day in days])
    rng = np.random.default_rng([SEED, 2])
    by_channel = np.stack(
        [
            channel.share
            * (1 + channel.growth) ** (number / 365)
            * np.array(channel.weekdays)[weekday]
            * (1 + (0.9 if channel.accounts == 0 else 0.25) * promoted(calendar))
            * rng.lognormal(0, 0.10, calendar.count)
            for channel in CHANNELS
        ],
        axis=1,
    )
    by_channel[:, COLLAPSED_CHANNEL] *= _collapse(calendar)
    year = 1 + 0.22 * np.cos(2 * math.pi * (of_year - 350) / 365)
    by_product = np.stack([product.share * year for product in PRODUCTS], axis=1)
    by_product[:, _SUMMER_DRINK] = PRODUCTS[_SUMMER_DRINK].share * (
        1 + 0.45 * np.cos(2 * math.pi * (of_year - 195) / 365)
    )
    by_product[calendar.stock_out.start : calendar.stock_out.stop, OUT_PRODUCT] = 0
    by_product[calendar.dead :, DEAD_PRODUCT] = 0
    by_region = np.array([region.share for region in REGIONS])
    return np.asarray(np.einsum("dc,r,dp->dcrp", by_channel, by_region, by_product))


def _collapse(calendar: Calendar) -> Floats:
    """1 until the collapse begins, down to 0.15 three weeks later."""
    since = np.arange(calendar.count) - calendar.collapse
    return 1 - 0.85 * np.clip(since / 21, 0, 1)
