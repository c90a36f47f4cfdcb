"""Turns counts of order lines into orders: who, when, which lines; a block of days at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from data.sample.company import CHANNELS, REGIONS, SEED, Calendar
from data.sample.demand import Floats, Ints

_CANCELLED = 0.012
_TEST = 0.001
NEVER = np.iinfo(np.int64).max
Columns = dict[str, Ints]


@dataclass
class Block:
    """Orders in order of time; lines sorted by order (its row in `orders`) and product."""

    orders: Columns
    lines: Columns


class Clock:
    """Instants of the company's days, microseconds since 1970 in UTC."""

    def __init__(self, calendar: Calendar, zone: ZoneInfo) -> None:
        days = [calendar.first + timedelta(at) for at in range(calendar.count + 1)]
        self._midnights = np.array([_midnight(day, zone) for day in days])

    def at(self, day: Ints, share: Floats) -> Ints:
        """The instant when `share` of the day is over."""
        length = self._midnights[day + 1] - self._midnights[day]
        return np.asarray(self._midnights[day] + (share * length).astype(np.int64))


class Customers:
    """Numbered by region, consumers first and then trade accounts; knows who ordered before."""

    def __init__(self, calendar: Calendar, total_lines: int) -> None:
        self._calendar = calendar
        self.pools = np.array([max(40, int(total_lines * each.share * 0.24)) for each in REGIONS])
        self._accounts = sum(channel.accounts for channel in CHANNELS)
        self.starts = np.concatenate([[0], np.cumsum(self.pools + self._accounts)])
        self.first_seen = np.full(self.starts[-1], NEVER)

    def choose(self, order: Columns, rng: np.random.Generator) -> Ints:
        """From a pool that grows with time, regular ones more often; trade by account."""
        count = len(order["day"])
        progress = 0.2 + 0.8 * order["day"] / self._calendar.count
        pool = self.pools[order["region"]]
        consumer = (pool * progress * rng.random(count) ** 1.15).astype(np.int64)
        accounts = np.array([channel.accounts for channel in CHANNELS])
        begins = np.cumsum(accounts) - accounts
        chosen = (accounts[order["channel"]] * rng.random(count) ** 1.4).astype(np.int64)
        trade = pool + begins[order["channel"]] + chosen
        consumes = accounts[order["channel"]] == 0
        return self.starts[order["region"]] + np.where(consumes, consumer, trade)

    def meet(self, order: Columns) -> Ints:
        """1 for orders whose customer has an earlier counted one; remembers the new ones."""
        rows = np.flatnonzero(order["fate"] == 0)
        names, first = np.unique(order["customer"][rows], return_index=True)
        at = order["at"][rows[first]]
        self.first_seen[names] = np.minimum(self.first_seen[names], at)
        return (self.first_seen[order["customer"]] < order["at"]).astype(np.int64)

    def region(self) -> Ints:
        """The region of each customer."""
        return np.repeat(np.arange(len(REGIONS)), np.diff(self.starts))


class Maker:
    """Makes one block after another; orders are numbered on."""

    def __init__(self, calendar: Calendar, zone: ZoneInfo, counts: Ints) -> None:
        self.calendar = calendar
        self.counts = counts
        self.clock = Clock(calendar, zone)
        self.customers = Customers(calendar, int(counts.sum()))
        self.made = 0

    def block(self, start: int, stop: int) -> Block:
        """Orders of the days `start` to `stop` (exclusive)."""
        rng = np.random.default_rng([SEED, 3, start])
        lines = self._lines(start, stop, rng)
        orders = self._orders(lines, rng)
        orders["number"] = np.arange(len(orders["at"])) + self.made
        self.made += len(orders["at"])
        return Block(orders, lines)

    def _lines(self, start: int, stop: int, rng: np.random.Generator) -> Columns:
        counts = self.counts[start:stop]
        cells = np.repeat(np.arange(counts.size), counts.ravel())
        day, channel, region, product = np.unravel_index(cells, counts.shape)
        group = (day * len(CHANNELS) + channel) * len(REGIONS) + region
        mixed = np.lexsort((rng.random(len(cells)), group))
        group = group[mixed]
        size = np.array([each.lines_per_order for each in CHANNELS])[channel[mixed]]
        opens = rng.random(len(cells)) < 1 / size
        opens |= np.diff(group, prepend=-1) != 0
        return {
            "order": np.cumsum(opens) - 1,
            "day": day[mixed] + start,
            "channel": channel[mixed],
            "region": region[mixed],
            "product": product[mixed],
        }

    def _orders(self, lines: Columns, rng: np.random.Generator) -> Columns:
        """One row an order, sorted by time; the lines are renumbered and sorted to match."""
        firsts = np.flatnonzero(np.diff(lines["order"], prepend=-1))
        order = {name: lines[name][firsts] for name in ("day", "channel", "region")}
        count = len(firsts)
        peak = np.array([each.peak_hour for each in CHANNELS])[order["channel"]]
        share = (rng.normal(peak, 3.2, count) % 24) / 24 * 0.9999
        order["at"] = self.clock.at(order["day"], share)
        order["customer"] = self.customers.choose(order, rng)
        fate = rng.random(count)
        order["fate"] = np.where(fate < _CANCELLED, 1, np.where(fate < _CANCELLED + _TEST, 2, 0))
        by_time = np.argsort(order["at"], kind="stable")
        rank = np.empty(count, dtype=np.int64)
        rank[by_time] = np.arange(count)
        order = {name: values[by_time] for name, values in order.items()}
        order["returning"] = self.customers.meet(order)
        lines["order"] = rank[lines["order"]]
        sort = np.lexsort((lines["product"], lines["order"]))
        for name in lines:
            lines[name] = lines[name][sort]
        return order


def _midnight(day: date, zone: ZoneInfo) -> int:
    return round(datetime.combine(day, time(), zone).astimezone(UTC).timestamp()) * 1_000_000
