"""Inventory: what the stock is worth, what is wrong with it, and what to order."""

from __future__ import annotations

from components import guard
from components.timespan import Period
from pages import Page, company_page, inventory_parts

_BOOKS = company_page.Books(
    "inventory",
    "Inventory",
    ("stock", "movements"),
    "There is no stock yet.",
    "Import stock counts or movements, connect Shopify or Amazon, or load the sample company.",
)


def render() -> None:
    """The page."""
    guard.require("inventory")
    company_page.show(_BOOKS, _body)


def _body(version: str, chosen: Period) -> None:
    inventory_parts.headline(version, chosen)
    inventory_parts.products(version, chosen)
    inventory_parts.product(version, chosen)
    inventory_parts.value(version, chosen)
    inventory_parts.expiring(version, chosen)
    inventory_parts.keepers(version)


PAGE = Page("inventory", "Inventory", ":material/inventory_2:", "Business", "inventory", render)
