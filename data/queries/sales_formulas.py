"""Sales KPIs as sums over a daily roll-up: each a numerator, and a denominator for ratios."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Formula:
    """`top` / `bottom` × `factor`, in SQL over the sums of a roll-up's measures.

    `excluded`: what is left out, worded → SQL that counts it. `needs`: what must be above zero
    for the value to exist, else `lacking` says why not. `money`: needs exchange rates.
    """

    top: str
    bottom: str | None = None
    factor: int = 1
    excluded: tuple[tuple[str, str], ...] = ()
    needs: str | None = None
    lacking: str = ""
    money: bool = True


_UNCOSTED = ("lines without a cost", "uncosted_lines")
_UNFEED = ("lines whose fees are not known", "unfeed_lines")
_GAPS = ("lines without an exchange rate", "gap_lines")
_NO_FEES = "No order of these days has fees; they come from the shop's or marketplace's own figures"

FORMULAS: Mapping[str, Formula] = {
    "net_revenue": Formula("net", excluded=(_GAPS,)),
    "total_sales": Formula("net + shipping + tax", excluded=(_GAPS,)),
    "orders": Formula("orders", money=False),
    "units": Formula("units", money=False),
    "average_order_value": Formula(
        "net",
        "orders - gap_orders",
        excluded=(_GAPS,),
        needs="orders - gap_orders",
        lacking="No order was placed",
    ),
    "gross_margin_pct": Formula(
        "net_costed - cogs",
        "net_costed",
        100,
        (_UNCOSTED, _GAPS),
        "net_costed",
        "No goods with a cost were sold for more than was refunded; import their unit_cost",
    ),
    "refund_rate": Formula(
        "refunds", "gross", 100, (_GAPS,), "gross", "No goods were sold to compare refunds with"
    ),
    "returning_customer_rate": Formula(
        "returning_orders",
        "orders",
        100,
        needs="known_orders",
        lacking="No order that names its customer was placed; import customer_id",
        money=False,
    ),
    "fees": Formula("fees", excluded=(_UNFEED, _GAPS), needs="lines - unfeed_lines",
                    lacking=_NO_FEES),
    "net_after_fees": Formula("net_with_fees - fees", excluded=(_UNFEED, _GAPS),
                              needs="lines - unfeed_lines", lacking=_NO_FEES),
}  # fmt: skip

MEASURES = (
    "orders", "known_orders", "returning_orders", "lines", "refund_lines", "uncosted_lines",
    "unfeed_lines", "gap_orders", "gap_lines", "units", "gross", "discounts", "tax", "shipping",
    "net", "refunds", "net_costed", "cogs", "fees", "net_with_fees",
)  # fmt: skip


def columns(formula: Formula, prefix: str = "") -> str:
    """The SQL of one row or group: top, bottom, needed, counted, gaps and each exclusion."""
    parts = {
        "top": formula.top,
        "bottom": formula.bottom or "NULL::numeric",
        "needed": formula.needs or "1",
        "counted": "lines + refund_lines",
        "gaps": "gap_lines",
        **{f"excluded_{at}": sql for at, (_, sql) in enumerate(formula.excluded)},
    }
    return ", ".join(f"{sql} AS {prefix}{name}" for name, sql in parts.items())


def judge(formula: Formula, row: Mapping[str, Any], currency: str) -> tuple[float | None, str]:
    """The value of one row or group, or None and why."""
    if formula.money and row["gaps"] and row["gaps"] == row["counted"]:
        return None, (
            f"No exchange rate to {currency} is known for these days; import the rates "
            "(`python manage.py import rates FILE`)."
        )
    if row["needed"] <= 0:
        return None, f"{formula.lacking} in these days."
    if formula.bottom is None:
        return float(row["top"]), ""
    return float(row["top"] * formula.factor / row["bottom"]), ""
