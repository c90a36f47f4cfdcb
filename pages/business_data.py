"""What the Business page reads, kept until the orders change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from components.timespan import Period
from data import company
from data.queries import sales_board, sales_customers
from data.queries.figure import Figure
from data.queries.sales import Filter

Days = tuple[date, date]
TILES = (
    "net_revenue", "orders", "units", "average_order_value", "gross_margin_pct", "refund_rate",
    "returning_customer_rate", "total_sales", "fees", "net_after_fees",
)  # fmt: skip
TABLE = ("net_revenue", "orders", "units", "average_order_value", "gross_margin_pct",
         "refund_rate")  # fmt: skip


def kept(version: int | None, question: Callable[..., Any], *given: Any) -> Any:
    """The answer of a query, asked again only when the orders or the company's settings change."""
    key = (company.zone().key, company.currency(), version)
    return _kept(key, f"{question.__module__}.{question.__name__}", given, question)


@st.cache_data(max_entries=500, ttl=900, show_spinner=False)
def _kept(
    key: tuple[Any, ...], name: str, given: tuple[Any, ...], _question: Callable[..., Any]
) -> Any:
    return _question(*given)


def tiles(version: int | None, period: Period, chosen: Filter) -> list[tuple[str, list[Figure]]]:
    """Each KPI now, in the period before and a year earlier."""
    spans = (period.days(), period.previous().days(), period.last_year().days())
    asked = [kept(version, sales_board.figures, TILES, *days, chosen) for days in spans]
    return [(slug, [figures[slug] for figures in asked]) for slug in TILES]


def sparks(version: int | None, period: Period, chosen: Filter) -> pd.DataFrame:
    """Each tile's KPI by step of the period."""
    frame: pd.DataFrame = kept(
        version, sales_board.over_time, TILES, *period.days(), step(period), chosen
    )
    return frame


def step(period: Period) -> str:
    """Days, weeks or months: not more points than a chart of bars can show."""
    count = period.day_count()
    return "day" if count <= 92 else "week" if count <= 400 else "month"


def table(version: int | None, period: Period, chosen: Filter, by: str) -> pd.DataFrame:
    """KPIs by step of the period."""
    frame: pd.DataFrame = kept(version, sales_board.over_time, TABLE, *period.days(), by, chosen)
    return frame


def groups(version: int | None, period: Period, chosen: Filter, by: str) -> pd.DataFrame:
    """KPIs by group, with the net revenue of the period before as `before`."""
    now = kept(version, sales_board.groups, TABLE, *period.days(), by, chosen)
    before = kept(version, sales_board.groups, ("net_revenue",), *period.previous().days(), by,
                  chosen)  # fmt: skip
    joined: pd.DataFrame = now.merge(
        before.rename(columns={"net_revenue": "before"}), on=by, how="left"
    )
    return joined


def customers(version: int | None, period: Period, chosen: Filter) -> pd.DataFrame:
    """The customers with most net revenue."""
    frame: pd.DataFrame = kept(version, sales_customers.top, *period.days(), chosen)
    return frame
