"""Business: how sales stand, against before and target, and what moved them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components import banner, guard, period
from components.heading import heading
from components.panel import panel
from components.runs import refreshed
from components.timespan import Period
from data.queries import sales
from pages import Page, business_data, business_filter, sample_offer
from pages import business_parts as parts
from pages.company_data import lately, steady

_TABS = ("The period in figures", "Top customers", "Countries", "New and returning",
         "Weekday and hour", "Who comes back")  # fmt: skip


def render() -> None:
    """The page."""
    guard.require("business")
    with heading("Business"):
        chosen = period.picker(refresh=60)
    refreshed(_body, chosen.refresh)(chosen)


def _body(chosen: Period) -> None:
    """Everything under the head, drawn again when its figures may have changed."""
    guard.require("business")
    known = lately(sales.state)
    if known["first_day"] is None:
        known = sales.state()  # the first orders may have come this second
    if known["first_day"] is None:
        sample_offer.first_step(
            "There are no orders yet.",
            "Import order lines, connect a shop, or load the sample company.",
            "business",
            "Import orders",
        )
        return
    if known["sample"]:
        banner.sample_data()
    version = steady("sales", f"sales {known['version']}")
    narrowed = business_filter.current()
    business_filter.chips(narrowed, business_data.titles(version))
    parts.headline(version, chosen, narrowed)
    parts.over_time(version, chosen, narrowed)
    left, right = st.columns(2)
    for side, title, by in ((left, "Channels", "channel"), (right, "Products", "product")):
        with side, panel(title, "click a bar to narrow the page", key=f"by-{by}"):
            parts.breakdown(version, chosen, narrowed, by)
    parts.movement(version, chosen, narrowed)
    _details(version, chosen, narrowed)


def _details(version: str, chosen: Period, narrowed: sales.Filter) -> None:
    """What is looked at less often; only the open tab is computed."""
    drawn: tuple[Callable[[], None], ...] = (
        lambda: parts.period_table(version, chosen, narrowed),
        lambda: parts.customers(version, chosen, narrowed),
        lambda: parts.breakdown(version, chosen, narrowed, "country"),
        lambda: parts.breakdown(version, chosen, narrowed, "segment"),
        lambda: parts.hours(version, chosen, narrowed),
        lambda: parts.cohorts(version, chosen),
    )
    tabs = st.tabs(_TABS, key="business-details", on_change="rerun")
    for title, tab, draw in zip(_TABS, tabs, drawn, strict=True):
        if tab.open:
            with tab, panel(title, key=f"details-{title}"):
                draw()


PAGE = Page("business", "Business", ":material/storefront:", "Business", "business", render)
