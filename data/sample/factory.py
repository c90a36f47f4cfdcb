"""The four lines at work: runs by shift, stops with reasons, and deliveries against promises."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from data.sample.company import BROKEN_LINE, LINES, PRODUCTS, SEED, Calendar
from data.sample.demand import Ints
from data.sample.load_sales import Sold

SHIFTS = (("Early", 0), ("Late", 8 * 60), ("Night", 16 * 60))
Stop = tuple[float, float, str, str]  # minute it begins, minutes, reason, note
_STORY = "Gearbox of the filler seized; replacement shipped in"
# Chance a day, mean minutes, reason, note.
_STOPS = (
    (0.16, 38, "breakdown", "Labeller jam"),
    (0.10, 22, "no material", "Waiting for bottles"),
    (0.08, 18, "no operator", "Short of one operator"),
    (0.12, 12, "other", "Sensor cleaned"),
)


@dataclass
class Diary:
    """Rows for production_runs and production_stops."""

    runs: list[dict[str, Any]] = field(default_factory=list)
    stops: list[dict[str, Any]] = field(default_factory=list)


def diary(calendar: Calendar, zone: ZoneInfo, made: Ints) -> Diary:
    """Runs and stops that turn out `made` good units by [day, product]."""
    found = Diary()
    rng = np.random.default_rng([SEED, 7])
    bench = _Bench(found, ideal_cycles(made), rng)
    for day in range(calendar.count):
        begin = datetime.combine(calendar.first + timedelta(day), time(6), zone).astimezone(UTC)
        for line in range(len(LINES)):
            if line == BROKEN_LINE and day in calendar.breakdown:
                _standing(found, line, begin, calendar, day)
                continue
            used = 0.0
            for product in range(len(PRODUCTS)):
                if PRODUCTS[product].line == line and made[day, product]:
                    at = begin + timedelta(minutes=used)
                    used += bench.work(line, product, at, int(made[day, product]))
    return found


def ideal_cycles(made: Ints) -> list[float]:
    """Seconds a unit takes at full speed: the busiest day of a product fills half a day."""
    busiest = np.maximum(np.quantile(made, 0.995, axis=0), 1)
    return [float(f"{0.42 * 86400 / most:.3g}") for most in busiest]


@dataclass
class _Bench:
    """Where the work is written down."""

    found: Diary
    cycles: list[float]
    rng: np.random.Generator

    def work(self, line: int, product: int, begin: datetime, good: int) -> float:
        """One day of a product on a line; returns the minutes it took."""
        total = good + int(self.rng.binomial(good, 0.006 + 0.004 * line / 3))
        total += int(self.rng.random() < 0.3)
        reworked = int(self.rng.binomial(good, 0.018))
        pace = float(np.clip(self.rng.normal(0.945, 0.02), 0.85, 0.99))
        running = total * self.cycles[product] / pace / 60
        stops = _stops(running, begin, self.rng)
        for at, minutes, reason, note in stops:
            start = begin + timedelta(minutes=at)
            self.found.stops.append({
                "line": LINES[line], "started_at": start,
                "ended_at": start + timedelta(minutes=minutes), "reason": reason, "note": note,
            })  # fmt: skip
        elapsed = running + sum(stop[1] for stop in stops)
        shares = _shares(elapsed, stops)
        counts = [_split(number, shares) for number in (total, good, reworked)]
        for index, (name, offset) in enumerate(SHIFTS):
            start = begin + timedelta(minutes=offset)
            last = elapsed if index == len(SHIFTS) - 1 else min(elapsed, offset + 480)
            if last <= offset:
                continue
            total, good, reworked = (column[index] for column in counts)
            self.found.runs.append({
                "line": LINES[line], "shift": name, "sku": PRODUCTS[product].sku,
                "started_at": start, "ended_at": begin + timedelta(minutes=last),
                "ideal_cycle_s": self.cycles[product], "total_count": max(total, good),
                "good_count": good, "reworked_count": min(reworked, good),
            })  # fmt: skip
        return elapsed


def _stops(running: float, begin: datetime, rng: np.random.Generator) -> list[Stop]:
    """What interrupts the run, in order of time, none overlapping."""
    wanted: list[Stop] = [
        (0.0, float(rng.uniform(18, 34)), "changeover", "Format change"),
        (0.02, float(rng.uniform(6, 12)), "start-up", "First good bottle"),
    ]
    if begin.weekday() == 0:
        wanted.append((0.5, 60.0, "planned maintenance", "Weekly service"))
    for chance, mean, reason, note in _STOPS:
        if rng.random() < chance * min(1.0, running / 300):
            wanted.append((float(rng.uniform(0.1, 0.95)), float(rng.exponential(mean)) + 3,
                           reason, note))  # fmt: skip
    placed, lost = [], 0.0
    for share, minutes, reason, note in sorted(wanted):
        placed.append((share * running + lost, minutes, reason, note))
        lost += minutes
    return placed


def _shares(elapsed: float, stops: list[Stop]) -> list[float]:
    """Share of the running time that falls in each shift; the last takes what is over."""
    found = []
    for _, offset in SHIFTS:
        until = elapsed if offset == SHIFTS[-1][1] else min(elapsed, offset + 480)
        length = max(0.0, until - offset)
        lost = sum(
            max(0.0, min(at + minutes, until) - max(at, offset)) for at, minutes, *_ in stops
        )
        found.append(max(0.0, length - lost))
    total = sum(found) or 1.0
    return [share / total for share in found]


def _split(number: int, shares: list[float]) -> list[int]:
    """Whole parts by share that add up to the number."""
    edges = [round(number * share) for share in np.cumsum([0.0, *shares])]
    return [int(after - before) for before, after in pairwise(edges)]


def _standing(found: Diary, line: int, begin: datetime, calendar: Calendar, day: int) -> None:
    """A day on which the line was to run two shifts and did not."""
    if day == calendar.breakdown.start:
        length = timedelta(days=len(calendar.breakdown)) - timedelta(hours=8)
        found.stops.append({"line": LINES[line], "started_at": begin, "ended_at": begin + length,
                            "reason": "breakdown", "note": _STORY})  # fmt: skip
    for name, offset in SHIFTS[:2]:
        start = begin + timedelta(minutes=offset)
        found.runs.append({
            "line": LINES[line], "shift": name, "sku": None, "started_at": start,
            "ended_at": start + timedelta(minutes=480), "ideal_cycle_s": None, "total_count": 0,
            "good_count": 0, "reworked_count": 0,
        })  # fmt: skip


def deliveries(calendar: Calendar, sold: Sold) -> list[dict[str, Any]]:
    """Promise and delivery of trade orders; late more often while a product is out."""
    rng = np.random.default_rng([SEED, 8])
    found = []
    for order, day, channel in sold.promises:
        promised = day + (5 if channel == 3 else 7)
        late = rng.random() < (0.22 if day in calendar.stock_out else 0.045)
        delivered = promised + (int(rng.integers(1, 9)) if late else -int(rng.integers(0, 3)))
        on = calendar.first + timedelta(delivered)
        found.append({"source_id": f"D{order}", "order_id": order,
                      "promised_on": calendar.first + timedelta(promised),
                      "delivered_on": on if on <= calendar.last else None})  # fmt: skip
    return found
