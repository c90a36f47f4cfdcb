"""The parts of the Business page, each a panel that fails alone."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import streamlit as st

from components import charts, empty, kpi, tables, tiles
from components.panel import panel
from components.timespan import Period
from config.kpis import KPIS
from data.queries import sales_board, sales_customers
from data.queries.sales import Filter
from pages import business_data as data
from pages import business_filter as narrowing

STALE_AFTER = timedelta(hours=26)
_HEADINGS = {
    "net_revenue": "Net revenue", "orders": "Orders", "units": "Units",
    "average_order_value": "Average order", "gross_margin_pct": "Gross margin",
    "refund_rate": "Refund rate",
}  # fmt: skip
_FORMATS = {
    "net_revenue": "money", "before": "money", "orders": "count", "units": "count",
    "average_order_value": "money", "gross_margin_pct": "percent", "refund_rate": "percent",
    "change": "money",
}  # fmt: skip


def headline(version: int | None, period: Period, chosen: Filter) -> None:
    """Every sales KPI that has data, as tiles; those without say why."""
    spark = data.sparks(version, period, chosen)
    shown = []
    for slug, (now, before, year) in data.tiles(version, period, chosen):
        if slug in ("fees", "net_after_fees") and now.value is None:
            continue
        excluded = "; ".join(f"{count:,} {words}" for words, count in now.excluded.items())
        line = [None if pd.isna(value) else float(value) for value in spark.get(slug, [])]
        shown.append(
            kpi.tile(
                KPIS[slug], now.value, previous=before.value, last_year=year.value, spark=line,
                source=now.source, as_of=now.as_of, stale_after=STALE_AFTER, reason=now.reason,
                note=f"Without {excluded}" if excluded else "",
            )
        )  # fmt: skip
    tiles.row(shown, label="Sales")


def over_time(version: int | None, period: Period, chosen: Filter) -> None:
    """Net revenue by channel, with the total of the comparison behind it."""
    step = data.step(period)
    frame = data.kept(version, sales_board.by_channel, *period.days(), step, chosen)
    compared = period.compared()
    ghost = None
    if compared is not None:
        earlier = data.kept(version, sales_board.over_time, ("net_revenue",), *compared.days(),
                            step, chosen)["net_revenue"]  # fmt: skip
        if len(earlier) == len(frame):
            name = "Last year" if period.against == "year" else "Previous period"
            ghost = earlier.rename(name)
    with panel("Net revenue by channel", f"by {step}", key="revenue-over-time"):
        charts.stacked_bars(frame, key="revenue-by-channel", title="Net revenue by channel",
                            unit="money", ghost=ghost)  # fmt: skip


def breakdown(version: int | None, period: Period, chosen: Filter, by: str, title: str) -> None:
    """Net revenue by group as bars to click, and its table."""
    with panel(title, "click a bar to narrow the page", key=f"by-{by}"):
        frame = data.groups(version, period, chosen, by)
        clicked = charts.bars(
            frame.head(12), key=f"bars-{by}-{getattr(chosen, by)}", label=by, value="net_revenue",
            title=title, unit="money", select=True, csv=False,
        )  # fmt: skip
        tables.table(
            frame, name=f"business-{by}", formats=_FORMATS,
            columns={by: by.capitalize(), **_HEADINGS, "before": "Net revenue before"},
        )  # fmt: skip
    narrowing.choose(by, clicked)


def movement(version: int | None, period: Period, chosen: Filter) -> None:
    """What moved net revenue against the comparison, adding up exactly."""
    before = period.compared() or period.previous()
    with panel("What moved net revenue", f"against {before.label()}", key="movement"):
        by = st.segmented_control(
            "Explained by", ["channel", "product", "country", "segment"], default="channel",
            key="moved-by", label_visibility="collapsed",
        ) or "channel"  # fmt: skip
        now, then = period.days(), before.days()
        frame = data.kept(version, sales_board.contributions, by, now, then, chosen)
        totals = [
            data.kept(version, sales_board.figures, ("net_revenue",), *days, chosen)["net_revenue"]
            for days in (then, now)
        ]
        if totals[0].value is None or totals[1].value is None:
            missing = totals[1].reason or f"Nothing to compare with: {totals[0].reason}"
            empty.state("No change to explain.", missing)
            return
        charts.waterfall(
            frame, key="revenue-moved", label=by, value="change", title="Change of net revenue",
            start=("Before", totals[0].value), end=("Now", totals[1].value), unit="money",
        )  # fmt: skip


def customers(version: int | None, period: Period, chosen: Filter) -> None:
    """Who bought most."""
    with panel("Top customers", "by net revenue", key="top-customers"):
        tables.table(
            data.customers(version, period, chosen), name="business-customers", formats=_FORMATS,
            columns={"customer": "Customer", "source": "Source", "country": "Country",
                     "orders": "Orders", "net_revenue": "Net revenue"},
            nothing="No order of this period names its customer.",
        )  # fmt: skip


def hours(version: int | None, period: Period, chosen: Filter) -> None:
    """When people order."""
    with panel("Orders by weekday and hour", "company time, all products", key="hours"):
        frame = data.kept(version, sales_board.weekday_hours, *period.days(), chosen.channel)
        charts.heatmap(frame, key="orders-by-hour", title="Orders by weekday and hour")


def cohorts(version: int | None, period: Period) -> None:
    """How many of each month's new customers come back."""
    with panel("Customers who come back", "share of each month's new customers", key="cohorts"):
        frame = data.kept(version, sales_customers.cohorts, period.days()[1])
        if frame.empty:
            empty.state("No order of the last 12 months names its customer.",
                        "Import customer_id to see who comes back.")  # fmt: skip
            return
        named = frame.drop(columns="customers").set_axis(
            [f"{name} · {int(count):,}" for name, count in frame["customers"].items()]
        )
        charts.cohort(named.rename_axis("first order"), key="customer-cohorts",
                      title="Customers who come back")  # fmt: skip


def period_table(version: int | None, period: Period, chosen: Filter) -> None:
    """The period step by step."""
    with panel("The period in figures", key="period-table"):
        step = data.step(period)
        frame = data.table(version, period, chosen, step).reset_index()
        tables.table(frame, name=f"business-by-{step}", formats=_FORMATS,
                     columns={step: step.capitalize(), **_HEADINGS})  # fmt: skip
