"""What the Inventory page asks: products with their plan, one product's history and batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from data import company, database, fx
from data.queries import inventory, inventory_products, inventory_value, replenish
from data.queries.figure import Figure
from data.queries.finance import closings
from data.queries.finance_inputs import Inputs
from data.queries.tracks import Track

_COLUMNS = ("on_hand", "value", "mean", "cover", "abc", "on_order", "reorder_point")


def figures(
    slugs: Sequence[str], days: Sequence[date], inputs: Inputs | None = None
) -> dict[str, list[Figure]]:
    """Each inventory KPI as of each day; days after today are read as today."""
    today = company.today()
    wanted = [min(day, today) for day in days]
    inputs = inputs or Inputs(max(wanted))
    return {slug: [inventory.at(slug, day, inputs) for day in wanted] for slug in slugs}


def page(
    slugs: Sequence[str], days: Sequence[date], start: date, by: str
) -> tuple[dict[str, list[Figure]], pd.DataFrame, pd.DataFrame]:
    """`figures`, `value_over_time` and `products` up to the first of the days, read once."""
    end = min(days[0], company.today())
    inputs = Inputs(end)
    found = figures(slugs, days, inputs)
    return found, _values(inputs.stock, start, end, by), _planned(inputs.standing(end))


def value_over_time(start: date, end: date, by: str) -> pd.DataFrame:
    """Stock value at the end of each day, week or month: index of those days."""
    end = min(end, company.today())
    return _values(inventory_value.track(end), start, end, by)


def _values(track: Track, start: date, end: date, by: str) -> pd.DataFrame:
    points = list(closings(start, end, by).values())
    index = pd.Index(pd.to_datetime(points), name=by)
    return pd.DataFrame({"stock_value": [track.at(day) for day in points]}, index=index,
                        dtype="float64")  # fmt: skip


def products(day: date) -> pd.DataFrame:
    """Each product with its stock, demand and plan, those in trouble first.

    Columns as `inventory_products.stand`, and safety, point, economic, order (units; NaN without
    inputs), why (the missing input) and formulas (safety stock, reorder point, EOQ filled in).
    """
    return _planned(inventory_products.stand(day))


def _planned(stood: pd.DataFrame) -> pd.DataFrame:
    if stood.empty:
        return stood
    found = stood.copy()
    plans = [_plan(row) for row in found.to_dict("records")]
    for name, attribute in (("safety", "safety_stock"), ("point", "reorder_point"),
                            ("economic", "economic_quantity"), ("order", "order")):  # fmt: skip
        found[name] = pd.Series([getattr(plan, attribute) for plan in plans], dtype="float64")
    found["why"] = [plan.reason for plan in plans]
    found["formulas"] = [plan.formulas for plan in plans]
    found["problem"] = [_problem(row) for row in found.to_dict("records")]
    trouble = found["problem"].map({"Out of stock": 0, "Below reorder point": 1, "Dead": 2,
                                    "Overstock": 3}).fillna(4)  # fmt: skip
    return found.assign(trouble=trouble).sort_values(
        ["trouble", "value"], ascending=[True, False], ignore_index=True
    )


def _plan(row: Mapping[Any, Any]) -> replenish.Plan:
    on_order = 0.0 if pd.isna(row["on_order"]) else row["on_order"]
    return replenish.plan(
        mean=row["mean"], deviation=row["deviation"], lead_time=row["lead_time_days"],
        unit_cost=row["unit_cost"], abc_class=row["abc"], position=row["on_hand"] + on_order,
        minimum=row["minimum_order"], order_cost=row["order_cost"],
    )  # fmt: skip


def _problem(row: Mapping[Any, Any]) -> str:
    for flag, words in (("out", "Out of stock"), ("below", "Below reorder point"),
                        ("dead", "Dead"), ("over", "Overstock")):  # fmt: skip
        if row[flag] is True or (not pd.isna(row[flag]) and bool(row[flag])):
            return words
    return ""


def batches(sku: str, day: date) -> pd.DataFrame:
    """A product's batches on hand: location, batch, expires_on, quantity, value (company's)."""
    frame: pd.DataFrame = database.frame(
        "SELECT s.location, s.batch, s.expires_on, s.quantity::float8 AS quantity, "
        f"(s.quantity * c.cost * {fx.rate('c.currency', ':day')})::float8 AS value "
        "FROM stock_spans s LEFT JOIN product_costs c ON c.sku = s.sku "
        "AND :day >= c.from_day AND :day < c.until "
        "WHERE s.sku = :sku AND s.from_day <= :day AND s.until > :day "
        "ORDER BY s.expires_on NULLS LAST, s.location, s.batch",
        sku=sku, day=day, company=company.currency(),
    )  # fmt: skip
    return frame


def history(sku: str, start: date, end: date) -> pd.DataFrame:
    """A product's stock at the end of each day: index of days, column on_hand."""
    found = inventory_value.of_product(sku, start, min(end, company.today()))
    return found.set_index("day").astype("float64")
