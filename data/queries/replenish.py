"""How much to order and when: ABC class, safety stock, reorder point, economic quantity. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

SERVICE = {"A": 0.99, "B": 0.98, "C": 0.95}
_CLASS_ENDS = (0.80, 0.95)
HOLDING_RATE = 0.25
ORDER_COST = 50.0


def abc(usage: pd.Series) -> pd.Series:
    """Class by share of annual usage value: A the first 80 %, B to 95 %, C the rest.

    A product belongs to the class that its share begins in; without usage it is C.
    """
    known = usage.astype("float64").fillna(0.0).clip(lower=0)
    order = known.sort_values(ascending=False, kind="stable")
    total = float(order.sum())
    if total <= 0:
        return pd.Series("C", index=usage.index)
    before = (order.cumsum() - order) / total
    classes = np.select([before < _CLASS_ENDS[0], before < _CLASS_ENDS[1]], ["A", "B"], default="C")
    classes = np.where(order.to_numpy() > 0, classes, "C")
    return pd.Series(classes, index=order.index).reindex(usage.index)


@dataclass(frozen=True)
class Plan:
    """What to order now. Quantities are units; None where an input is missing, see `reason`."""

    safety_stock: float | None
    reorder_point: float | None
    economic_quantity: float | None
    order: float | None
    reason: str = ""
    formulas: tuple[str, ...] = ()


def plan(
    *,
    mean: float,
    deviation: float,
    lead_time: float | None,
    unit_cost: float | None,
    abc_class: str,
    position: float,
    minimum: float | None = None,
    order_cost: float | None = None,
) -> Plan:
    """A plan from demand a day, its deviation, lead time (days) and unit cost.

    `position`: on hand + on order. Safety stock = z × deviation × √lead time (z of the class's
    service level); reorder point = mean × lead time + safety stock; economic quantity =
    √(2 × yearly demand × cost of an order / (25 % × unit cost)). The order brings the position
    back above the reorder point, at least the economic quantity and the minimum.
    """
    missing = _missing(mean, lead_time, unit_cost)
    if missing or lead_time is None or unit_cost is None:
        return Plan(None, None, None, None, missing)
    z = NormalDist().inv_cdf(SERVICE[abc_class])
    safety = z * deviation * math.sqrt(lead_time)
    point = mean * lead_time + safety
    given = ORDER_COST if order_cost is None or math.isnan(order_cost) else order_cost
    economic = math.sqrt(2 * mean * 365 * given / (HOLDING_RATE * unit_cost))
    least = 0.0 if minimum is None or math.isnan(minimum) else minimum
    order = 0.0
    if position < point:
        order = float(math.ceil(max(economic, least, point - position)))
    formulas = (
        f"z({SERVICE[abc_class]:.0%}) {z:.2f} × {deviation:.1f} × √{lead_time:g} = {safety:,.0f}",
        f"{mean:.2f} × {lead_time:g} + {safety:,.0f} = {point:,.0f}",
        f"√(2 × {mean * 365:,.0f} × {given:g} / ({HOLDING_RATE:.0%} × {unit_cost:.2f})) "
        f"= {economic:,.0f}",
    )
    return Plan(safety, point, economic, order, "", formulas)


def _missing(mean: float, lead_time: float | None, unit_cost: float | None) -> str:
    """The input that a plan lacks, in one sentence; empty when it has all."""
    if mean <= 0:
        return "Nothing was sold in the last 90 days."
    if lead_time is None or math.isnan(lead_time):
        return "The product has no lead time."
    if unit_cost is None or math.isnan(unit_cost) or unit_cost <= 0:
        return "The product has no unit cost."
    return ""
