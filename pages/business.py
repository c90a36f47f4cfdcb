"""Business: how sales stand, against before and target, and what moved them."""

from __future__ import annotations

import streamlit as st

from auth import roles
from components import banner, empty, guard, period
from components.heading import heading
from components.timespan import Period
from data.queries import sales
from pages import Page, business_filter, business_parts


def render() -> None:
    """The page."""
    person = guard.require("business")
    with heading("Business"):
        chosen = period.picker(refresh=60)
    known = sales.state()
    if known["first_day"] is None:
        _nothing_yet(roles.can(person.role, "business", "import"))
        return
    if known["sample"]:
        banner.sample_data()
    _body(chosen)


def _nothing_yet(may_import: bool) -> None:
    empty.state(
        "There are no orders yet.",
        "Import a file of order lines, connect a shop or marketplace, or load the sample company "
        "(`make demo`).",
        "imports" if may_import else "",
        "Import orders",
    )


def _body(chosen: Period) -> None:
    """Everything under the head, drawn again when its figures may have changed."""

    @st.fragment(run_every=chosen.refresh)
    def drawn() -> None:
        guard.require("business")
        version = sales.state()["version"]
        narrowed = business_filter.current()
        business_filter.chips(narrowed)
        business_parts.headline(version, chosen, narrowed)
        business_parts.over_time(version, chosen, narrowed)
        _side_by_side(version, chosen, narrowed)
        business_parts.period_table(version, chosen, narrowed)

    drawn()


def _side_by_side(version: int | None, chosen: Period, narrowed: sales.Filter) -> None:
    left, right = st.columns(2)
    with left:
        business_parts.breakdown(version, chosen, narrowed, "channel", "Channels")
        business_parts.breakdown(version, chosen, narrowed, "country", "Countries")
        business_parts.customers(version, chosen, narrowed)
    with right:
        business_parts.movement(version, chosen, narrowed)
        business_parts.breakdown(version, chosen, narrowed, "product", "Products")
        business_parts.breakdown(version, chosen, narrowed, "segment", "New and returning")
    business_parts.hours(version, chosen, narrowed)
    business_parts.cohorts(version, chosen)


PAGE = Page("business", "Business", ":material/storefront:", "Business", "business", render)
