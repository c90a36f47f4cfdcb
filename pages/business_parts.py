"""The parts of the Business page, each a panel that fails alone."""

from __future__ import annotations

import streamlit as st

from components import charts, empty, tables, tiles
from components.panel import panel
from components.timespan import Period
from data.queries import company_state
from data.queries.sales import Filter
from pages import business_data as data
from pages import business_drawn as drawn
from pages import business_filter as narrowing
from pages import company_data as books


def headline(version: str, period: Period, chosen: Filter) -> None:
    """Every sales KPI as a tile that leads to its story; fees only where a vendor tells them."""
    company = books.steady("company", books.lately(company_state.state).version)
    tiles.row(drawn.tiles(version, company, period, chosen), label="Sales")


def over_time(version: str, period: Period, chosen: Filter) -> None:
    """Net revenue by channel, with the total of the comparison behind it."""
    marks = tuple(books.lately(books.marks, *period.days(), "net_revenue"))
    with panel("Net revenue by channel", f"by {data.step(period)}", key="revenue-over-time"):
        charts.show("revenue-by-channel", drawn.over_time(version, period, chosen, marks))


def breakdown(version: str, period: Period, chosen: Filter, by: str) -> None:
    """Net revenue by group as bars that narrow the page when clicked, and their table."""
    if not chosen.knows(by):
        _unknown()
        return
    plot, rows = drawn.group(version, period, chosen, by)
    clicked = charts.show(f"bars-{by}-{getattr(chosen, by)}", plot, select=True, csv=False)
    tables.show(rows, name=f"business-{by}")
    narrowing.choose(by, data.code_of(version, clicked) if by == "product" else clicked)


def movement(version: str, period: Period, chosen: Filter) -> None:
    """What moved net revenue against the comparison, adding up exactly."""
    before = period.compared() or period.previous()
    with panel("What moved net revenue", f"against {before.label()}", key="movement"):
        by = st.segmented_control(
            "Explained by", list(drawn.TITLES), default="channel", key="moved-by",
            format_func=lambda name: drawn.TITLES[name], label_visibility="collapsed",
        ) or "channel"  # fmt: skip
        if not chosen.knows(by):
            _unknown()
            return
        then, now = (data.total(version, span.days(), chosen) for span in (before, period))
        if then.value is None or now.value is None:
            missing = now.reason or f"There is nothing to compare with: {then.reason}"
            empty.state("No change to explain.", missing)
            return
        moved = drawn.movement(version, by, (before, then.value), (period, now.value), chosen)
        charts.show("revenue-moved", moved)


def _unknown() -> None:
    empty.state("The daily figures do not tell products by country or by kind of customer.",
                "Take the filter away to see all of them.")  # fmt: skip


def customers(version: str, period: Period, chosen: Filter) -> None:
    """Who bought most."""
    tables.table(
        data.customers(version, period, chosen), name="business-customers", formats=drawn.FORMATS,
        columns={"customer": "Customer", "source": "Source", "country": "Country",
                 "orders": "Orders", "net_revenue": "Net revenue"},
        nothing="No order of this period names its customer.",
    )  # fmt: skip


def hours(version: str, period: Period, chosen: Filter) -> None:
    """When people order, all products and countries."""
    found = data.hours(version, period, chosen.channel)
    charts.show("orders-by-hour", charts.heatmap(found, title="Orders by weekday and hour"))


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
    title = "Share of each month's new customers that ordered again"
    charts.show("customer-cohorts", charts.cohort(named.rename_axis("first order"), title=title))


def period_table(version: str, period: Period, chosen: Filter) -> None:
    """The period step by step."""
    tables.show(drawn.steps(version, period, chosen), name=f"business-by-{data.step(period)}")
