"""Inventory KPIs and order suggestions against figures worked out by hand."""

from __future__ import annotations

import math
from datetime import date, timedelta
from importlib import import_module

import pandas as pd
import pytest

from data import database as db
from data.queries import inventory_board, inventory_products, kpi, replenish
from tests.data.company_files import take

DAY = date(2026, 3, 31)
stored = pytest.mark.usefixtures("database")


def value(slug: str, day: date = DAY) -> float | None:
    return kpi.value(slug, day, day).value


@stored
def test_stock_value_is_quantity_at_the_cost_of_the_day() -> None:
    take("products", "sku,cost,cost_from\nR,2,2026-01-01\nG,5,2026-01-01")
    take(
        "movements",
        """
        movement_id,sku,moved_on,quantity
        1,R,2026-01-10,100
        2,G,2026-01-10,10
        3,R,2026-02-10,-40
        """,
    )
    take("products", "sku,cost,cost_from\nR,3,2026-03-01")
    assert value("stock_value", date(2026, 1, 10)) == 250
    assert value("stock_value", date(2026, 2, 10)) == 170
    assert value("stock_value", date(2026, 3, 1)) == 230
    found = kpi.series("stock_value", DAY, DAY, "product")
    assert found.to_dict("list") == {"product": ["R", "G"], "value": [180, 50]}


@stored
def test_a_product_without_a_cost_is_left_out_and_counted() -> None:
    take("products", "sku,cost\nR,2")
    take("movements", "movement_id,sku,moved_on,quantity\n1,R,2026-01-10,10\n2,G,2026-01-10,5")
    figure = kpi.value("stock_value", DAY, DAY)
    assert figure.value == 20
    assert dict(figure.excluded) == {"products without a cost": 1}


@stored
def test_a_product_without_a_cost_at_first_is_worth_it_once_it_has_one() -> None:
    take("products", "sku,cost,cost_from\nR,2,2026-02-01")
    take("movements", "movement_id,sku,moved_on,quantity\n1,R,2026-01-10,10\n2,R,2026-03-01,-4")
    early = kpi.value("stock_value", date(2026, 1, 31), date(2026, 1, 31))
    assert dict(early.excluded) == {"products without a cost": 1}
    assert value("stock_value", date(2026, 2, 1)) == 20
    late = kpi.value("stock_value", DAY, DAY)
    assert (late.value, dict(late.excluded)) == (12, {})
    assert inventory_products.stand(DAY)["value"].tolist() == [12]
    assert kpi.series("stock_value", DAY, DAY, "product").to_dict("list") == {
        "product": ["R"],
        "value": [12],
    }


@stored
def test_stock_whose_cost_has_no_rate_from_a_day_on_is_worth_nothing_known_from_then_on() -> None:
    take("rates", "day,currency,rate\n2026-01-09,EUR,0.5")
    take("products", "sku,cost,cost_from,currency\nR,2,2026-01-01,GBP\nG,1,2026-01-01,GBP")
    take("products", "sku,cost,cost_from,currency\nR,3,2026-03-01,EUR")
    take("movements", "movement_id,sku,moved_on,quantity\n1,R,2026-01-10,10\n2,G,2026-01-10,7")
    assert value("stock_value", date(2026, 2, 28)) == 27
    figure = kpi.value("stock_value", DAY, DAY)
    assert (figure.value, dict(figure.excluded)) == (7, {"products without a cost": 1})
    kept = db.read("SELECT * FROM stock_changes ORDER BY sku, day")
    upgraded = import_module("data.migrations.versions.0025_unknown_values")
    db.execute("DELETE FROM stock_changes")
    db.execute(upgraded.MADE, company="GBP")
    assert db.read("SELECT * FROM stock_changes ORDER BY sku, day") == kept
    take("rates", "day,currency,rate\n2026-02-27,EUR,0.5")
    assert value("stock_value") == 22


@stored
def test_a_cost_in_another_currency_converts_at_its_day() -> None:
    take("rates", "day,currency,rate\n2026-01-09,EUR,0.5")
    take("products", "sku,cost,currency\nR,2,EUR")
    take("movements", "movement_id,sku,moved_on,quantity\n1,R,2026-01-10,10")
    assert value("stock_value") == 10


@stored
def test_turns_are_twelve_months_of_cogs_over_the_average_inventory() -> None:
    lines = ["statement,month,category,amount"]
    for month in pd.period_range("2024-12", "2025-12", freq="M"):
        lines.append(f"profit_and_loss,{month}-01,cogs,400")
        lines.append(f"balance_sheet,{month}-01,inventory,600")
    take("ledger", "\n".join(lines))
    day = date(2025, 12, 31)
    assert value("inventory_turns", day) == pytest.approx(8)
    assert value("days_on_hand", day) == pytest.approx(365 / 8)
    assert value("dio", day) == pytest.approx(365 / 8)


@stored
def test_products_are_judged_out_below_over_and_dead() -> None:
    take(
        "products",
        """
        sku,cost,reorder_point
        OUT,1,10
        BELOW,1,10
        OVER,1,10
        DEAD,1,
        """,
    )
    old = date(2025, 6, 1)
    lines = ["movement_id,sku,moved_on,quantity,kind"]
    for number, (sku, start, sold) in enumerate(
        (("OUT", 90, 90), ("BELOW", 99, 90), ("OVER", 300, 90), ("DEAD", 7, 0))
    ):
        lines.append(f"{number},{sku},{old},{start},opening")
        if sold:
            lines.append(f"{number}s,{sku},{DAY - timedelta(5)},-{sold},sale")
    take("movements", "\n".join(lines))
    assert value("out_of_stock") == 1
    assert value("below_reorder_point") == 2
    assert dict(kpi.value("below_reorder_point", DAY, DAY).excluded) == {
        "products without a reorder point": 1
    }
    # one sold a day over 90 days: 210 left are 210 days' cover, more than 180
    assert value("overstock") == 1
    assert value("dead_stock") == 1
    found = inventory_board.products(DAY).set_index("sku")
    assert found["cover"].round(6).to_dict() == pytest.approx(
        {"OUT": 0, "BELOW": 9, "DEAD": math.nan, "OVER": 210}, nan_ok=True
    )
    assert found["problem"].to_dict() == {
        "OUT": "Out of stock", "BELOW": "Below reorder point", "DEAD": "Dead", "OVER": "Overstock",
    }  # fmt: skip


@stored
def test_a_product_younger_than_the_limit_is_not_called_dead() -> None:
    take("movements", f"movement_id,sku,moved_on,quantity\n1,R,{DAY - timedelta(30)},10")
    figure = kpi.value("dead_stock", DAY, DAY)
    assert figure.value is None
    assert figure.reason == "No product has been in stock for 180 days yet."


@stored
def test_batches_expire_within_thirty_days() -> None:
    take("products", "sku,cost\nR,2")
    lines = ["movement_id,sku,batch,expires_on,moved_on,quantity"]
    for name, days in (("gone", -1), ("today", 0), ("last", 30), ("later", 31)):
        lines.append(f"{name},R,{name},{DAY + timedelta(days)},2026-01-01,10")
    lines.append(f"sold,R,today,{DAY},2026-02-01,-10")
    take("movements", "\n".join(lines))
    found = inventory_products.expiring(DAY)
    assert list(found["batch"]) == ["gone", "last"]
    assert list(found["value"]) == [20, 20]
    assert value("expiring_stock") == 2


@stored
def test_before_the_first_stock_there_is_a_reason() -> None:
    take("movements", "movement_id,sku,moved_on,quantity\n1,R,2026-01-10,10")
    day = date(2026, 1, 9)
    assert kpi.value("out_of_stock", day, day).reason == (
        "The stock figures begin on 2026-01-10; choose a later day."
    )
    assert kpi.value("stock_value", day, day).reason == (
        "The stock figures begin on 2026-01-10; choose a later day."
    )


def test_classes_follow_the_share_of_usage_value() -> None:
    usage = pd.Series([60.0, 25.0, 10.0, 5.0, 0.0], index=list("vwxyz"))
    assert replenish.abc(usage).to_dict() == {"v": "A", "w": "A", "x": "B", "y": "C", "z": "C"}
    assert list(replenish.abc(pd.Series([0.0, math.nan]))) == ["C", "C"]


def test_a_plan_worked_out_by_hand() -> None:
    plan = replenish.plan(
        mean=10, deviation=4, lead_time=9, unit_cost=8, abc_class="A", position=50, order_cost=40
    )
    # z(99 %) = 2.3263; 2.3263 × 4 × 3 = 27.92; 10 × 9 + 27.92; √(2 × 3650 × 40 / 2) = 382.1
    assert plan.safety_stock == pytest.approx(27.916, abs=0.001)
    assert plan.reorder_point == pytest.approx(117.916, abs=0.001)
    assert plan.economic_quantity == pytest.approx(math.sqrt(2 * 3650 * 40 / 2))
    assert plan.order == 383


def test_the_service_level_follows_the_class() -> None:
    stocks = [
        replenish.plan(mean=10, deviation=4, lead_time=9, unit_cost=8, abc_class=name, position=0)
        .safety_stock
        for name in "ABC"
    ]  # fmt: skip
    assert stocks == pytest.approx([27.916, 24.645, 19.738], abs=0.001)


def test_an_order_respects_the_minimum_and_is_not_made_too_early() -> None:
    common = {"mean": 10.0, "deviation": 0.0, "lead_time": 9.0, "unit_cost": 8.0}
    least = replenish.plan(**common, abc_class="A", position=89, minimum=1000)
    enough = replenish.plan(**common, abc_class="A", position=90, minimum=1000)
    assert (least.order, enough.order) == (1000, 0)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"mean": 0.0}, "Nothing was sold in the last 90 days."),
        ({"lead_time": math.nan}, "The product has no lead time."),
        ({"unit_cost": None}, "The product has no unit cost."),
    ],
)
def test_a_missing_input_gives_a_reason_and_no_quantity(
    changed: dict[str, float | None], reason: str
) -> None:
    given = {"mean": 10.0, "deviation": 4.0, "lead_time": 9.0, "unit_cost": 8.0} | changed
    plan = replenish.plan(**given, abc_class="A", position=0)  # type: ignore[arg-type]
    assert (plan.order, plan.economic_quantity, plan.reason) == (None, None, reason)
