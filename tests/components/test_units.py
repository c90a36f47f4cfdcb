"""How figures read: units, compact numbers, changes, ages, scales."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from components import units
from components.scales import scale

_FINITE = some.floats(-1e15, 1e15, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0, "count", "0"),
        (12, "count", "12"),
        (3.456, "number", "3.46"),
        (12.34, "number", "12.3"),
        (123.4, "number", "123"),
        (1234, "count", "1,234"),
        (9999, "count", "9,999"),
        (12345, "count", "12.3k"),
        (999_949, "count", "1M"),
        (4_560_000, "count", "4.56M"),
        (-1234, "count", "−1,234"),
        (1234.5, "money", "£1,234"),
        (12.5, "money", "£12.50"),
        (12345, "money", "£12.3k"),
        (-40, "money", "−£40.00"),
        (-0.001, "money", "£0.00"),
        (1234.5, "currency", "£1,234"),
        (45.04, "percent", "45 %"),
        (45.06, "%", "45.1 %"),
        (0.456, "share", "45.6 %"),
        (1.5, "ratio", "1.5×"),
        (32.4, "days", "32.4 d"),
        (32.4, "d", "32.4 d"),
        (0.12, "seconds", "120 ms"),
        (1.8, "s", "1.8 s"),
        (240, "seconds", "4 min"),
        (11520, "seconds", "3.2 h"),
        (43.5, "ms", "43.5 ms"),
        (812, "bytes", "812 B"),
        (1_503_238_553, "bytes", "1.4 GiB"),
        (2048, "bytes_per_second", "2 KiB/s"),
        (8.9, "1/s", "8.9/s"),
        (12, "units/h", "12 units/h"),
        (12, "orders", "12"),
    ],
)
def test_a_figure_reads_in_its_unit(value: float, unit: str, shown: str) -> None:
    assert units.text(value, unit) == shown


def test_the_exact_figure_stays_within_reach() -> None:
    assert units.text(1_234_567.891, "money", compact=False) == "£1,234,567.89"
    assert units.text(12_345, "count", compact=False) == "12,345"


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_missing_is_a_dash_and_never_zero(value: float | None) -> None:
    assert units.text(value, "money") == "–"
    assert units.missing(value)


@pytest.mark.parametrize("currency", ["GBP", "EUR", "USD", "SEK"])
def test_money_says_its_currency(currency: str) -> None:
    shown = units.money(5, currency=currency)
    assert shown.startswith(units.sign(currency))
    assert shown.endswith("5.00")


@pytest.mark.parametrize(
    ("value", "before", "unit", "delta", "shown"),
    [
        (110, 100, "count", 10, "+10.0 %"),
        (90, 100, "money", -10, "−10.0 %"),
        (58.2, 60.1, "percent", -1.9, "−1.9 pp"),
        (0.62, 0.60, "share", 2, "+2.0 pp"),
        (-50, -100, "money", 50, "+50.0 %"),
        (100, 100, "count", 0, "±0.0 %"),
        (2500, 100, "count", 2400, "+2,400 %"),
    ],
)
def test_a_change_is_relative_and_in_points_for_percents(
    value: float, before: float, unit: str, delta: float, shown: str
) -> None:
    found = units.change(value, before, unit)
    assert found == pytest.approx(delta)
    assert units.change_text(found, unit) == shown


def test_a_handful_of_things_changes_by_their_number() -> None:
    assert units.change_text(units.change(1, 0, "products"), "products") == "+1"
    assert units.change_text(units.change(2, 9, "batches"), "batches") == "−7"
    assert units.change_text(units.change(3, 3, "batches"), "batches") == "±0"


def test_one_of_many_is_counted_in_the_singular() -> None:
    assert units.counted(1, "lines without a cost") == "1 line without a cost"
    assert units.counted(1_200, "orders without a customer") == "1,200 orders without a customer"
    assert units.counted(1, "products") == "1 product"


@pytest.mark.parametrize(("value", "before"), [(None, 1), (1, None), (1, 0), (math.nan, 1)])
def test_a_change_without_a_base_is_undefined(value: float | None, before: float | None) -> None:
    assert units.change(value, before) is None
    assert units.change_text(None) == "–"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (-3, "0 s"), (59, "59 s"), (60, "1 min"), (119, "1 min"), (7200, "2 h"),
     (7199, "119 min"), (172_800, "2 d"), (100_000, "27 h")],
)  # fmt: skip
def test_an_age_reads_in_one_unit(seconds: int, shown: str) -> None:
    assert units.age(timedelta(seconds=seconds)) == shown


@given(value=_FINITE, unit=some.sampled_from(["count", "money", "percent", "bytes", "seconds"]))
def test_a_compact_figure_is_short_whatever_it_is(value: float, unit: str) -> None:
    assert 1 <= len(units.text(value, unit)) <= 20


@given(largest=_FINITE, unit=some.sampled_from(["count", "money", "bytes", "seconds", "1/s"]))
def test_ticks_of_an_axis_have_few_digits(largest: float, unit: str) -> None:
    found = scale(unit, largest)
    assert found.divide > 0
    beyond = 1e8 if unit == "seconds" else 1e13
    assert abs(largest) / found.divide < 10_000 or abs(largest) >= beyond
    assert "{value}" in found.tick
    assert found.tooltip.count("%,") == 1


@pytest.mark.parametrize(
    ("unit", "largest", "tick"),
    [
        ("money", 48_000, "£{value}k"),
        ("money", 900, "£{value}"),
        ("percent", 100, "{value} %"),
        ("bytes", 3 * 2**30, "{value} GiB"),
        ("bytes_per_second", 2_000, "{value} KiB/s"),
        ("seconds", 0.2, "{value} ms"),
        ("seconds", 12, "{value} s"),
        ("count", 25_000_000, "{value}M"),
        ("days", 60, "{value} d"),
    ],
)
def test_an_axis_wears_its_unit(unit: str, largest: float, tick: str) -> None:
    assert scale(unit, largest).tick == tick


def test_a_share_is_drawn_as_percent() -> None:
    assert 0.25 / scale("share", 1).divide == 25
