"""Sales KPIs, computed from orders in company currency and company days."""

from __future__ import annotations

from config.catalogue.shape import Bounds, Direction, Kpi

BREAKDOWNS = ("day", "week", "month", "channel", "product", "country", "segment")


def _sales(
    slug: str,
    title: str,
    unit: str,
    formula: str,
    direction: Direction = "higher",
    additive: bool = False,
    bounds: Bounds = Bounds(),  # noqa: B008
) -> Kpi:
    return Kpi(slug, title, "sales", unit, direction, formula, "orders", "day", additive,
               BREAKDOWNS, bounds)  # fmt: skip


KPIS = (
    _sales(
        "net_revenue",
        "Net revenue",
        "currency",
        "Goods at list price − discounts − refunds of goods (on the day of the refund) − tax, "
        "without shipping, in company currency, by order date; test and cancelled orders excluded",
        additive=True,
    ),
    _sales(
        "total_sales",
        "Total sales",
        "currency",
        "Net revenue + shipping charged + tax",
        additive=True,
    ),
    _sales(
        "orders",
        "Orders",
        "orders",
        "Orders by order date; test and cancelled orders excluded",
        additive=True,
    ),
    _sales(
        "units",
        "Units",
        "units",
        "Quantity of all order lines by order date; refunds do not reduce it",
        additive=True,
    ),
    _sales(
        "average_order_value",
        "Average order value",
        "currency",
        "Net revenue / orders",
    ),
    _sales(
        "gross_margin_pct",
        "Gross margin",
        "%",
        "(Net revenue − COGS) / net revenue × 100, COGS = quantity × unit cost; lines without a "
        "cost are excluded and counted",
        bounds=Bounds(target=60),
    ),
    _sales(
        "refund_rate",
        "Refund rate",
        "%",
        "Refunded value (on the day of the refund) / gross × 100, gross = goods at list price",
        "lower",
    ),
    _sales(
        "returning_customer_rate",
        "Returning-customer rate",
        "%",
        "Orders of customers with an earlier order / orders × 100; an order that names no "
        "customer counts among the orders only",
    ),
    _sales(
        "fees",
        "Marketplace and payment fees",
        "currency",
        "Fees of marketplaces and payment providers as they give them, by order date",
        "lower",
        additive=True,
    ),
    _sales(
        "net_after_fees",
        "Net after fees",
        "currency",
        "Net revenue − fees; lines whose fees are not known are excluded and counted",
        additive=True,
    ),
)
