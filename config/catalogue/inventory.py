"""Inventory KPIs, computed from stock levels, movements and product costs."""

from __future__ import annotations

from config.catalogue.shape import Bounds, Direction, Kpi

_TIME = ("day", "week", "month")


def _inventory(
    slug: str,
    title: str,
    unit: str,
    direction: Direction,
    formula: str,
    bounds: Bounds = Bounds(),  # noqa: B008
    by: tuple[str, ...] = _TIME,
) -> Kpi:
    return Kpi(slug, title, "inventory", unit, direction, formula, "stock", "day", False, by,
               bounds)  # fmt: skip


_NONE_WANTED = Bounds(target=0)

KPIS = (
    _inventory("stock_value", "Stock value", "currency", "neutral",
               "On-hand quantity × unit cost on the last day", by=(*_TIME, "product")),
    _inventory("inventory_turns", "Inventory turns", "turns", "higher",
               "Trailing-12-month COGS / average inventory", Bounds(target=8)),
    _inventory("days_on_hand", "Days on hand", "days", "lower",
               "365 / inventory turns"),
    _inventory("out_of_stock", "Out of stock", "products", "lower",
               "Products with nothing on hand", _NONE_WANTED),
    _inventory("below_reorder_point", "Below reorder point", "products", "lower",
               "Products whose quantity on hand is below their reorder point", _NONE_WANTED),
    _inventory("overstock", "Overstock", "products", "lower",
               "Products with more on hand than their demand needs, count and value",
               _NONE_WANTED),
    _inventory("dead_stock", "Dead stock", "products", "lower",
               "Products on hand that nobody has bought for long, count and value", _NONE_WANTED),
    _inventory("expiring_stock", "Expiring within 30 days", "batches", "lower",
               "Batches on hand that expire within 30 days, count and value", _NONE_WANTED),
)  # fmt: skip
