"""The parts of the Business page, each a panel that fails alone."""

from __future__ import annotations

import streamlit as st

from components import charts, empty, tables, tiles
from components.panel import panel
from components.timespan import Period
from data.queries import company_state
from data.queries.sales import Filter
from pages import business_data as data
from pages import business_filter as narrowing
from pages import company_data as books

_TITLES = {"channel": "Channel", "product": "Product", "country": "Country",
           "segment": "New or returning"}  # fmt: skip
_HEADINGS = {
    "net_revenue": "Net revenue", "orders": "Orders", "units": "Units",
    "average_order_value": "Average order", "gross_margin_pct": "Gross margin",
    "refund_rate": "Refund rate",
}  # fmt: skip
_NARROW = {"net_revenue": "Net revenue", "change": "Change", "orders": "Orders",
           "gross_margin_pct": "Margin"}  # fmt: skip
_FORMATS = {
    "net_revenue": "money", "change": "money", "orders": "count", "units": "count",
    "average_order_value": "money", "gross_margin_pct": "percent", "refund_rate": "percent",
}  # fmt: skip
_VENDORS = ("fees", "net_after_fees")


def headline(version: str, period: Period, chosen: Filter) -> None:
    """Every sales KPI as a tile that leads to its story; fees only where a vendor tells them."""
    spark = data.over_time(version, data.TILES, period.days(), data.step(period), chosen)
    held = books.bounds(books.lately(company_state.state).version)
    asked = data.tiles(version, period, chosen)
    tiles.row(
        [books.tile(slug, figures, spark.get(slug), held, period) for slug, figures in asked
         if slug not in _VENDORS or figures[0].value is not None],
        label="Sales",
    )  # fmt: skip


def over_time(version: str, period: Period, chosen: Filter) -> None:
    """Net revenue by channel, with the total of the comparison behind it."""
    step = data.step(period)
    frame = data.by_channel(version, period, chosen)
    compared, ghost = period.compared(), None
    if compared is not None:
        earlier = data.over_time(version, ("net_revenue",), compared.days(), step, chosen)
        if len(earlier) >= len(frame):  # today's orders may be yet to come
            name = "Last year" if period.against == "year" else "Previous period"
            ghost = earlier["net_revenue"].head(len(frame)).rename(name)
    with panel("Net revenue by channel", f"by {step}", key="revenue-over-time"):
        charts.stacked_bars(
            frame, key="revenue-by-channel", title="Net revenue by channel", unit="money",
            ghost=ghost, marks=books.lately(books.marks, *period.days(), "net_revenue"),
        )  # fmt: skip


def breakdown(version: str, period: Period, chosen: Filter, by: str) -> None:
    """Net revenue by group as bars that narrow the page when clicked, and their table."""
    frame = data.named(version, data.groups(version, period, chosen, by), by)
    clicked = charts.bars(
        frame.head(10), key=f"bars-{by}-{getattr(chosen, by)}", label=by, value="net_revenue",
        title=f"Net revenue by {_TITLES[by].lower()}", unit="money", select=True, csv=False,
    )  # fmt: skip
    columns = {by: _TITLES[by], **_NARROW}
    tables.table(frame, name=f"business-{by}", formats=_FORMATS, columns=columns)
    narrowing.choose(by, data.code_of(version, clicked) if by == "product" else clicked)


def movement(version: str, period: Period, chosen: Filter) -> None:
    """What moved net revenue against the comparison, adding up exactly."""
    before = period.compared() or period.previous()
    with panel("What moved net revenue", f"against {before.label()}", key="movement"):
        by = st.segmented_control(
            "Explained by", list(_TITLES), default="channel", key="moved-by",
            format_func=lambda name: _TITLES[name], label_visibility="collapsed",
        ) or "channel"  # fmt: skip
        then, now = (data.total(version, span.days(), chosen) for span in (before, period))
        if then.value is None or now.value is None:
            missing = now.reason or f"There is nothing to compare with: {then.reason}"
            empty.state("No change to explain.", missing)
            return
        charts.waterfall(
            data.named(version, data.contributions(version, by, period.days(), before.days(),
                                                   chosen), by),
            key="revenue-moved", label=by, value="change", title="Change of net revenue",
            start=("Before", then.value), end=("Now", now.value), unit="money",
        )  # fmt: skip


def customers(version: str, period: Period, chosen: Filter) -> None:
    """Who bought most."""
    tables.table(
        data.customers(version, period, chosen), name="business-customers", formats=_FORMATS,
        columns={"customer": "Customer", "source": "Source", "country": "Country",
                 "orders": "Orders", "net_revenue": "Net revenue"},
        nothing="No order of this period names its customer.",
    )  # fmt: skip


def hours(version: str, period: Period, chosen: Filter) -> None:
    """When people order, all products and countries."""
    charts.heatmap(data.hours(version, period, chosen.channel), key="orders-by-hour",
                   title="Orders by weekday and hour")  # fmt: skip


def cohorts(version: str, period: Period) -> None:
    """How many of each month's new customers come back."""
    frame = data.cohorts(version, period)
    if frame.empty:
        empty.state("No order of the last 12 months names its customer.",
                    "Import customer_id to see who comes back.")  # fmt: skip
        return
    named = frame.drop(columns="customers").set_axis(
        [f"{name} · {int(count):,}" for name, count in frame["customers"].items()]
    )
    charts.cohort(named.rename_axis("first order"), key="customer-cohorts",
                  title="Share of each month's new customers that ordered again")  # fmt: skip


def period_table(version: str, period: Period, chosen: Filter) -> None:
    """The period step by step."""
    step = data.step(period)
    frame = data.over_time(version, data.TABLE, period.days(), step, chosen).reset_index()
    tables.table(frame, name=f"business-by-{step}", formats=_FORMATS,
                 columns={step: step.capitalize(), **_HEADINGS})  # fmt: skip
