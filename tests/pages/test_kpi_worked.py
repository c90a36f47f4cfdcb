"""A formula with its numbers: what is shown adds up to what is shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as some

from config.kpis import kpi
from data.queries.figure import Figure
from pages import kpi_worked

_AMOUNTS = some.floats(0, 1e7, allow_nan=False)


@given(some.lists(_AMOUNTS, min_size=1, max_size=5), some.data())
def test_rounded_parts_add_up_to_the_rounded_total(
    amounts: list[float], data: some.DataObject
) -> None:
    signs = data.draw(some.lists(some.sampled_from((1, -1)), min_size=5, max_size=5))
    values = [sign * amount for sign, amount in zip(signs, amounts, strict=False)]
    total = sum(values)
    rounded = kpi_worked.adding_up(values, total, 2)
    assert sum(Decimal(f"{value:.2f}") for value in rounded) == Decimal(f"{total:.2f}")
    assert all(abs(new - old) <= 0.010001 for new, old in zip(rounded, values, strict=True))


def test_the_pence_go_to_the_largest_remainders() -> None:
    assert kpi_worked.adding_up([10.004, 10.004, 10.004], 30.012, 2) == [10.01, 10.0, 10.0]
    assert kpi_worked.adding_up([12.34, 12.38, -4.98], 19.74, 1) == [12.3, 12.4, -5.0]
    assert kpi_worked.adding_up([12.34, 12.34, -4.9], 19.78, 1) == [12.4, 12.3, -4.9]


def test_what_misses_the_total_by_more_than_rounding_is_not_made_to_fit() -> None:
    assert kpi_worked.adding_up([1.004, 2.004], 3.5, 2) == [1.0, 2.0]


def test_a_sum_reads_as_its_formula() -> None:
    parts = [("", "goods", 100.004), ("−", "discounts", 0.0), ("−", "refunds", 9.998)]
    assert kpi_worked._sum(parts, 90.006) == (
        "goods £100.01 − discounts £0.00 − refunds £10.00 = £90.01"
    )


@pytest.mark.parametrize(
    ("slug", "value", "top", "bottom", "said"),
    [
        ("mtbf", 25.0, 360_000.0, 4.0, "360,000 / 4 / 3,600 = 25 h"),
        ("mttr", 12.5, 3_000.0, 4.0, "3,000 / 4 / 60 = 12.5 min"),
        ("throughput", 90.0, 900.0, 36_000.0, "900 / 36,000 × 3,600 = 90 units/h"),
    ],
)
def test_times_that_are_kept_in_seconds_come_out_in_the_unit_shown(
    slug: str, value: float, top: float, bottom: float, said: str
) -> None:
    figure = Figure(slug, value, numerator=top, denominator=bottom)
    assert kpi_worked.line("1", kpi(slug), figure, cast("Any", None)) == said
