"""Finance: cash, the days it is tied up, what is owed and how late, and the balance sheet."""

from __future__ import annotations

import streamlit as st

from components import banner, empty, guard, period
from components.heading import heading
from components.timespan import Period
from data.queries import company_state
from pages import Page, finance_parts, sample_offer

_DATASETS = ("invoices", "payments", "bank", "ledger")


def render() -> None:
    """The page."""
    guard.require("finance")
    with heading("Finance"):
        chosen = period.picker(refresh=60)
    state = company_state.state(*_DATASETS)
    if not state.datasets.intersection(_DATASETS):
        empty.state(
            "There are no books yet.",
            "Import invoices, bank balances or the ledger, connect Xero, or load the sample "
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
        guard.require("finance")
        version = company_state.state(*_DATASETS).version
        finance_parts.headline(version, chosen)
        finance_parts.cycle(version, chosen)
        left, right = st.columns(2)
        with left:
            finance_parts.cash(version, chosen)
            finance_parts.ageing(version, chosen)
        with right:
            finance_parts.working_capital(version, chosen)
            finance_parts.freed(version, chosen)
        finance_parts.documents(version, chosen)
        finance_parts.statements(version, chosen)

    drawn()


PAGE = Page("finance", "Finance", ":material/account_balance:", "Business", "finance", render)
