"""What the Business page reads, kept until the orders change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

import pandas as pd

from components.timespan import Period
from data.queries import sales_board, sales_customers
from data.queries.figure import Figure
from data.queries.sales import Filter
from pages.company_data import kept

Days = tuple[date, date]
TILES = (
    "net_revenue", "orders", "units", "average_order_value", "gross_margin_pct", "refund_rate",
    "returning_customer_rate", "total_sales", "fees", "net_after_fees",
)  # fmt: skip
TABLE = ("net_revenue", "orders", "units", "average_order_value", "gross_margin_pct",
         "refund_rate")  # fmt: skip


def tiles(version: str, period: Period, chosen: Filter) -> list[tuple[str, list[Figure]]]:
    """Each KPI now, in the period before and a year earlier."""
    spans = (period.days(), period.previous().days(), period.last_year().days())
    asked = [kept(version, sales_board.figures, TILES, *days, chosen) for days in spans]
    return [(slug, [figures[slug] for figures in asked]) for slug in TILES]


def total(version: str, days: Days, chosen: Filter) -> Figure:
    """Net revenue of some days."""
    figures: dict[str, Figure] = kept(version, sales_board.figures, ("net_revenue",), *days, chosen)
    return figures["net_revenue"]


def step(period: Period) -> str:
    """Days, weeks or months: not more points than a chart of bars can show."""
    count = period.day_count()
    return "day" if count <= 92 else "week" if count <= 400 else "month"


def over_time(
    version: str, slugs: tuple[str, ...], days: Days, by: str, chosen: Filter
) -> pd.DataFrame:
    """KPIs by step of some days."""
    frame: pd.DataFrame = kept(version, sales_board.over_time, slugs, *days, by, chosen)
    return frame


def by_channel(version: str, period: Period, chosen: Filter) -> pd.DataFrame:
    """Net revenue by step and channel."""
    frame: pd.DataFrame = kept(
        version, sales_board.by_channel, *period.days(), step(period), chosen
    )
    return frame


def groups(version: str, period: Period, chosen: Filter, by: str) -> pd.DataFrame:
    """KPIs by group, with the `change` of net revenue since the period before."""
    spans = (period.days(), period.previous().days())
    frame: pd.DataFrame = kept(version, _groups, *spans, by, chosen)
    return frame


def _groups(days: Days, earlier: Days, by: str, chosen: Filter) -> pd.DataFrame:
    now = sales_board.groups(TABLE, *days, by, chosen)
    before = sales_board.groups(("net_revenue",), *earlier, by, chosen)
    known = now[by].map(before.set_index(by)["net_revenue"]).fillna(0.0)
    return now.assign(change=now["net_revenue"] - known)


def titles(version: str) -> Mapping[str, str]:
    """Product code → its title, the code where it has none of its own."""
    found: Mapping[str, str] = kept(version, _titles)
    return found


def _titles() -> Mapping[str, str]:
    # Thousands of products: a dictionary would be copied for each reader.
    return MappingProxyType(sales_board.product_titles())


def named(version: str, frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Products under their titles; other groups as they are."""
    if by != "product":
        return frame
    known = titles(version)
    return frame.assign(product=[known.get(code, code) for code in frame["product"]])


def code_of(version: str, title: str | None) -> str | None:
    """The code of the product that is shown under a title."""
    if title is None:
        return None
    return next((code for code, shown in titles(version).items() if shown == title), title)


def contributions(version: str, by: str, now: Days, before: Days, chosen: Filter) -> pd.DataFrame:
    """What moved net revenue, adding up to the change."""
    frame: pd.DataFrame = kept(version, sales_board.contributions, by, now, before, chosen)
    return frame


def customers(version: str, period: Period, chosen: Filter) -> pd.DataFrame:
    """The customers with most net revenue."""
    frame: pd.DataFrame = kept(version, sales_customers.top, *period.days(), chosen)
    return frame


def hours(version: str, period: Period, channel: str | None) -> pd.DataFrame:
    """Orders by weekday and hour."""
    frame: pd.DataFrame = kept(version, sales_board.weekday_hours, *period.days(), channel)
    return frame


def cohorts(version: str, period: Period) -> pd.DataFrame:
    """Customers by first month and months since."""
    frame: pd.DataFrame = kept(version, sales_customers.cohorts, period.days()[1])
    return frame
