"""Inventory KPIs of the catalogue, each as of the last day of the period asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd

from data import company
from data.queries import inventory_products, inventory_value
from data.queries.figure import Figure
from data.queries.finance import closings, per_year, short_average
from data.queries.finance_inputs import Inputs

_FLAGS = {
    "out_of_stock": "out",
    "below_reorder_point": "below",
    "overstock": "over",
    "dead_stock": "dead",
}


def value(slug: str, start: date, end: date) -> Figure:
    """The KPI on `end`, or today when the period is not over. Money: company currency."""
    today = company.today()
    if start > today:
        return Figure(slug, None, f"The period begins on {start}, which is yet to come.")
    return at(slug, min(end, today), Inputs(min(end, today)))


def series(slug: str, start: date, end: date, by: str) -> pd.DataFrame:
    """The KPI at the end of each day, week or month, or by product: columns [by, "value"]."""
    end = min(end, company.today())
    if by == "product":
        found = inventory_value.on_hand(end)
        return pd.DataFrame({"product": found["title"].fillna(found["sku"]),
                             "value": found["value"]})  # fmt: skip
    inputs = Inputs(end)
    points = closings(start, end, by)
    values = [at(slug, day, inputs).value for day in points.values()]
    return pd.DataFrame({by: list(points), "value": pd.Series(values, dtype="float64")})


def at(slug: str, day: date, inputs: Inputs) -> Figure:
    """The KPI as of a day, from inputs that reach that far."""
    if slug in _FLAGS or slug == "expiring_stock":
        return _counted(slug, day, inputs)
    compute: dict[str, Callable[[str, date, Inputs], Figure]] = {
        "stock_value": _value,
        "inventory_turns": _turns,
        "days_on_hand": _turns,
    }
    return compute[slug](slug, day, inputs)


def _value(slug: str, day: date, inputs: Inputs) -> Figure:
    track = inputs.stock
    found, feed = track.at(day), track.feed
    if found is None:
        return Figure(slug, None, track.reason(day), feed.source, feed.as_of, sample=feed.sample)
    uncosted = inputs.uncosted(day)
    return Figure(slug, found, None, feed.source, feed.as_of,
                  excluded={"products without a cost": uncosted} if uncosted else {},
                  sample=feed.sample)  # fmt: skip


def _turns(slug: str, day: date, inputs: Inputs) -> Figure:
    """12 months of COGS / the mean of the daily inventory, or 365 / that."""
    track = inputs.inventory
    average = track.year_mean(day)
    if average is None:
        return short_average(slug, track, day)
    year = inputs.year_of("cogs", day)
    feed = track.feed + year.feed
    if year.value is None or average <= 0:
        reason = year.reason or f"There was no inventory in the 12 months to {day} to divide by."
        return Figure(slug, None, reason, feed.source, feed.as_of, sample=feed.sample)
    if slug == "days_on_hand":
        found, why = per_year(average, year.value, "cogs", day)
        parts = (average, year.value)
    else:
        found, why, parts = year.value / average, None, (year.value, average)
    return Figure(slug, found, why, feed.source, feed.as_of, *parts, year.excluded, feed.sample)


def _counted(slug: str, day: date, inputs: Inputs) -> Figure:
    feed = inputs.stock.feed
    products = inputs.standing(day)
    if products.empty:
        begun = inputs.stock.first
        step = f"There is no stock yet; {inventory_value.STEP}"
        reason = f"The stock figures begin on {begun}; choose a later day." if begun else step
        return Figure(slug, None, reason, feed.source, feed.as_of, sample=feed.sample)
    if slug == "expiring_stock":
        count: Any = len(inventory_products.expiring(day))
        return Figure(slug, float(count), None, feed.source, feed.as_of, sample=feed.sample)
    flags = products[_FLAGS[slug]]
    unknown = int(flags.isna().sum())
    if unknown == len(flags):
        return Figure(slug, None, _UNKNOWN[slug], feed.source, feed.as_of, sample=feed.sample)
    excluded = {_EXCLUDED[slug]: unknown} if unknown else {}
    return Figure(slug, float(flags.fillna(False).sum()), None, feed.source, feed.as_of,
                  excluded=excluded, sample=feed.sample)  # fmt: skip


_EXCLUDED = {
    "out_of_stock": "products",
    "below_reorder_point": "products without a reorder point",
    "overstock": "products without demand",
    "dead_stock": "products younger than 180 days",
}
_UNKNOWN = {
    "out_of_stock": f"There is no stock yet; {inventory_value.STEP}",
    "below_reorder_point": "No product has a reorder point; import them with `python manage.py "
    "import products FILE`.",
    "overstock": "No product has been sold in the last 90 days, so no demand is known.",
    "dead_stock": "No product has been in stock for 180 days yet.",
}
