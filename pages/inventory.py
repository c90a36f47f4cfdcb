"""Inventory: what the stock is worth, what is wrong with it, and what to order."""

from __future__ import annotations

import streamlit as st

from components import banner, empty, guard, period
from components.heading import heading
from components.timespan import Period
from data.queries import company_state
from pages import Page, inventory_parts, sample_offer

_DATASETS = ("stock", "movements")


def render() -> None:
    """The page."""
    guard.require("inventory")
    with heading("Inventory"):
        chosen = period.picker(refresh=60)
    state = company_state.state(*_DATASETS)
    if not state.datasets.intersection(_DATASETS):
        empty.state(
            "There is no stock yet.",
            "Import stock counts or movements, connect Shopify or Amazon, or load the sample "
            "company.",
            "imports",
            "Import",
        )
        sample_offer.offer()
        return
    if state.sample:
        banner.sample_data()
    _body(chosen)


def _body(chosen: Period) -> None:
    """Everything under the head, drawn again when its figures may have changed."""

    @st.fragment(run_every=chosen.refresh)
    def drawn() -> None:
        guard.require("inventory")
        version = company_state.state(*_DATASETS).version
        inventory_parts.headline(version, chosen)
        inventory_parts.products(version, chosen)
        inventory_parts.product(version, chosen)
        left, right = st.columns(2)
        with left:
            inventory_parts.value(version, chosen)
        with right:
            inventory_parts.expiring(version, chosen)

    drawn()


PAGE = Page("inventory", "Inventory", ":material/inventory_2:", "Business", "inventory", render)
