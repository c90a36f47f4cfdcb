"""Finance: cash, the days it is tied up, what is owed and how late, and the balance sheet."""

from __future__ import annotations

import streamlit as st

from components import guard
from components.timespan import Period
from pages import Page, company_page, finance_parts

_BOOKS = company_page.Books(
    "finance",
    "Finance",
    ("invoices", "payments", "bank", "ledger"),
    "There are no books yet.",
    "Import invoices, bank balances or the ledger, connect Xero, or load the sample company.",
)


def render() -> None:
    """The page."""
    guard.require("finance")
    company_page.show(_BOOKS, _body)


def _body(version: str, chosen: Period) -> None:
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
    finance_parts.transactions(version, chosen)
    finance_parts.statements(version, chosen)


PAGE = Page("finance", "Finance", ":material/account_balance:", "Business", "finance", render)
