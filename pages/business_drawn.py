"""What the Business page draws, made once for everybody until the orders change."""

from __future__ import annotations

import pandas as pd

from components import charts, tables
from components.charts import Mark, Plot
from components.tables import Listing
from components.tiles import Tile
from components.timespan import Period
from data.queries.sales import Filter
from pages import business_data as data
from pages.company_data import bounds, kept, tile

_VENDORS = ("fees", "net_after_fees")
Known = tuple[Period, float]
TITLES = {"channel": "Channel", "product": "Product", "country": "Country",
          "segment": "New or returning"}  # fmt: skip
_HEADINGS = {
    "net_revenue": "Net revenue", "orders": "Orders", "units": "Units",
    "average_order_value": "Average order", "gross_margin_pct": "Gross margin",
    "refund_rate": "Refund rate",
}  # fmt: skip
_NARROW = {"net_revenue": "Net revenue", "change": "Change", "orders": "Orders",
           "gross_margin_pct": "Margin"}  # fmt: skip
FORMATS = {
    "net_revenue": "money", "change": "money", "orders": "count", "units": "count",
    "average_order_value": "money", "gross_margin_pct": "percent", "refund_rate": "percent",
}  # fmt: skip


def tiles(version: str, company: str, period: Period, chosen: Filter) -> tuple[Tile, ...]:
    """Every sales KPI; fees only where a vendor tells them. `company`: version of the bounds."""
    drawn: tuple[Tile, ...] = kept(version, _tiles, version, company, period, chosen)
    return drawn


def over_time(version: str, period: Period, chosen: Filter, marks: tuple[Mark, ...]) -> Plot:
    """Net revenue by channel, with the total of the comparison behind it."""
    drawn: Plot = kept(version, _over_time, version, period, chosen, marks)
    return drawn


def group(version: str, period: Period, chosen: Filter, by: str) -> tuple[Plot, Listing]:
    """Net revenue by group as bars that can be clicked, and their table."""
    drawn: tuple[Plot, Listing] = kept(version, _group, version, period, chosen, by)
    return drawn


def movement(version: str, by: str, before: Known, now: Known, chosen: Filter) -> Plot:
    """The steps from one figure to the other."""
    drawn: Plot = kept(version, _movement, version, by, before, now, chosen)
    return drawn


def steps(version: str, period: Period, chosen: Filter) -> Listing:
    """The period step by step."""
    drawn: Listing = kept(version, _steps, version, period, chosen)
    return drawn


def _tiles(version: str, company: str, period: Period, chosen: Filter) -> tuple[Tile, ...]:
    spark = data.over_time(version, data.TILES, period.days(), data.step(period), chosen)
    held = bounds(company)
    return tuple(
        tile(slug, figures, spark.get(slug), held, period)
        for slug, figures in data.tiles(version, period, chosen)
        if slug not in _VENDORS or figures[0].value is not None
    )


def _over_time(version: str, period: Period, chosen: Filter, marks: tuple[Mark, ...]) -> Plot:
    step = data.step(period)
    frame = data.by_channel(version, period, chosen)
    compared, ghost = period.compared(), None
    if compared is not None:
        earlier = data.over_time(version, ("net_revenue",), compared.days(), step, chosen)
        if len(earlier) >= len(frame):  # today's orders may be yet to come
            name = "Last year" if period.against == "year" else "Previous period"
            ghost = earlier["net_revenue"].head(len(frame)).rename(name)
    return charts.stacked_bars(
        frame, title="Net revenue by channel", unit="money", ghost=ghost, marks=marks
    )


def _group(version: str, period: Period, chosen: Filter, by: str) -> tuple[Plot, Listing]:
    frame = data.named(version, data.groups(version, period, chosen, by), by)
    plot = charts.bars(
        frame.head(10), label=by, value="net_revenue", unit="money", select=True,
        title=f"Net revenue by {TITLES[by].lower()}",
    )  # fmt: skip
    return plot, tables.listing(frame, {by: TITLES[by], **_NARROW}, FORMATS)


def _movement(version: str, by: str, before: Known, now: Known, chosen: Filter) -> Plot:
    (then, start), (period, end) = before, now
    moved = data.contributions(version, by, period.days(), then.days(), chosen)
    return charts.waterfall(
        data.named(version, moved, by), label=by, value="change", title="Change of net revenue",
        start=("Before", start), end=("Now", end), unit="money",
    )  # fmt: skip


def _steps(version: str, period: Period, chosen: Filter) -> Listing:
    step = data.step(period)
    frame = data.over_time(version, data.TABLE, period.days(), step, chosen).reset_index()
    if step != "month":
        frame[step] = pd.to_datetime(frame[step], format="%Y-%m-%d")  # a day reads as one
    return tables.listing(frame, {step: step.capitalize(), **_HEADINGS}, FORMATS)
