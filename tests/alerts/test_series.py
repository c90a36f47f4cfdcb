"""Readings are what Prometheus' selectors and range functions give."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules import Aggregate, Rule
from alerts.series import Series, microseconds, readings
from tests.alerts.reference import Spec, query

START = datetime(2026, 3, 1, tzinfo=UTC)


def reading(
    samples: dict[int, float],
    now: int,
    aggregate: Aggregate = "last",
    window: int = 60,
    staleness: int = 300,
    change: int | None = None,
) -> float | None:
    rule = Rule(
        "r",
        "s",
        1.0,
        aggregate,
        timedelta(seconds=window),
        staleness=timedelta(seconds=staleness),
        change_over=None if change is None else timedelta(seconds=change),
    )
    series = Series.of({}, [(START + timedelta(seconds=s), samples[s]) for s in sorted(samples)])
    at = np.array([microseconds(START + timedelta(seconds=now))])
    return readings(rule, series, at)[0]


def test_the_newest_sample_counts_until_it_is_as_old_as_staleness() -> None:
    assert reading({0: 7.0}, 299) == 7
    assert reading({0: 7.0}, 300) is None


def test_a_sample_of_the_future_does_not_count() -> None:
    assert reading({10: 7.0}, 9) is None
    assert reading({10: 7.0}, 10) == 7


def test_a_range_leaves_out_its_left_edge() -> None:
    assert reading({0: 100.0, 30: 2.0, 60: 4.0}, 60, "avg") == 3


def test_staleness_does_not_shorten_a_range() -> None:
    assert reading({0: 5.0}, 500, "max", window=600, staleness=60) == 5


def test_p95_interpolates_between_ranks() -> None:
    samples = {second: float(second) for second in range(1, 21)}
    assert reading(samples, 20, "p95") == pytest.approx(19.05)


def test_rate_extrapolates_to_the_edges_of_a_range_that_is_covered() -> None:
    samples = {second: 100.0 + 2 * second for second in range(0, 121, 15)}
    assert reading(samples, 120, "rate") == pytest.approx(2.0)


def test_rate_adds_a_counter_reset_back() -> None:
    samples = {75: 1000.0, 90: 1030.0, 105: 10.0, 120: 40.0}
    assert reading(samples, 120, "rate") == pytest.approx(70 / 45 * 60 / 60)


def test_rate_reaches_half_a_gap_beyond_a_series_that_begins_inside_the_range() -> None:
    assert reading({100: 500.0, 110: 510.0}, 110, "rate") == pytest.approx(10 * 15 / 10 / 60)


def test_rate_does_not_reach_before_the_counter_was_zero() -> None:
    assert reading({60: 1.0, 120: 61.0}, 120, "rate", window=120) == pytest.approx(61 / 120)


def test_rate_needs_two_samples() -> None:
    assert reading({100: 5.0}, 110, "rate") is None


def test_a_change_is_measured_in_percent_of_the_earlier_reading() -> None:
    assert reading({0: 100.0, 600: 80.0}, 600, change=600) == pytest.approx(-20)
    assert reading({0: -100.0, 600: -80.0}, 600, change=600) == pytest.approx(20)


def test_a_change_from_nothing_or_zero_is_no_data() -> None:
    assert reading({600: 80.0}, 600, change=600) is None
    assert reading({0: 0.0, 600: 80.0}, 600, change=600) is None


def test_a_change_of_a_daily_series_is_measured_against_the_day_before_that_time() -> None:
    rule = Rule("r", "kpi.dso", 1.0, change_over=timedelta(days=7))
    at = START + timedelta(days=7, hours=9)
    samples = [(START - timedelta(seconds=1), 50.0), (at, 60.0)]
    daily = Series.of({}, samples, timedelta(days=1))
    stamp = np.array([microseconds(at)])
    assert readings(rule, daily, stamp) == [pytest.approx(20)]
    assert readings(rule, Series.of({}, samples), stamp) == [None]


def test_nan_spoils_a_mean_but_not_an_extreme() -> None:
    samples = {100: math.nan, 110: 3.0}
    assert math.isnan(reading(samples, 110, "avg") or 0)
    assert reading(samples, 110, "max") == 3


@given(
    samples=st.dictionaries(st.integers(0, 600), st.integers(-50, 50).map(float), max_size=30),
    now=st.integers(0, 1000),
    aggregate=st.sampled_from(["last", "avg", "min", "max", "sum"]),
    window=st.integers(1, 400),
)
def test_selectors_agree_with_the_reference_model(
    samples: dict[int, float], now: int, aggregate: Aggregate, window: int
) -> None:
    spec = Spec(">", 0, 0, 0, 90, "resolve", aggregate, window)
    mine = reading(samples, now, aggregate, window, 90)
    theirs = query(samples, spec, now)
    assert mine == (None if theirs is None else pytest.approx(theirs))


def test_a_mean_is_finite_where_only_its_sum_is_not() -> None:
    pair = {0: 1e308, 1: 1.5e308}
    assert reading(pair, 1, "avg") == 1.25e308
    assert reading(pair, 1, "sum") == math.inf
