"""The histogram's quantiles stay within their error, whatever is merged and stored between."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.metrics.histogram import ERROR, LONGEST_S, SHORTEST_S, Histogram

_durations = st.floats(SHORTEST_S, LONGEST_S)
_lists = st.lists(_durations, min_size=1, max_size=200)
_shares = st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99, 1.0])


def _of(durations: list[float]) -> Histogram:
    made = Histogram()
    for seconds in durations:
        made.record(seconds)
    return made


def _exact(durations: list[float], share: float) -> float:
    return sorted(durations)[math.floor(share * (len(durations) - 1))]


def _close(found: float | None, exact: float) -> bool:
    return found is not None and abs(found - exact) <= exact * (ERROR + 1e-9)


@given(_lists, _shares)
def test_a_quantile_is_within_two_percent_of_the_recorded_one(
    durations: list[float], share: float
) -> None:
    assert ERROR <= 0.02
    assert _close(_of(durations).quantile(share), _exact(durations, share))


@given(st.lists(_lists, min_size=1, max_size=5), _shares)
def test_merging_is_the_same_as_recording_all_in_one(
    parts: list[list[float]], share: float
) -> None:
    merged = Histogram()
    for part in parts:
        merged.merge(_of(part))
    together = [seconds for part in parts for seconds in part]
    assert merged.buckets == _of(together).buckets
    assert merged.count == len(together)
    assert merged.total == pytest.approx(sum(together))
    assert _close(merged.quantile(share), _exact(together, share))


@given(_lists)
def test_storing_and_reading_gives_the_same_histogram(durations: list[float]) -> None:
    made = _of(durations)
    again = Histogram.decode(made.encode(), total=made.total)
    assert (again.buckets, again.count, again.total) == (made.buckets, made.count, made.total)


@given(_lists, _lists)
def test_encodings_laid_end_to_end_are_merged(first: list[float], second: list[float]) -> None:
    end_to_end = Histogram.decode(_of(first).encode() + _of(second).encode())
    assert end_to_end.buckets == _of(first + second).buckets
    apart = Histogram.decode(_of(first).encode(), _of(second).encode())
    assert apart.buckets == end_to_end.buckets


def test_an_empty_one_has_no_quantile_and_takes_no_room() -> None:
    assert Histogram().quantile(0.95) is None
    assert Histogram().encode() == b""


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e-12])
def test_nothing_is_shorter_than_a_microsecond(seconds: float) -> None:
    assert _close(_of([seconds]).quantile(0.5), SHORTEST_S)


def test_an_endless_duration_counts_as_the_longest() -> None:
    assert _close(_of([math.inf]).quantile(0.5), LONGEST_S)


def test_not_a_number_is_refused_and_counts_nothing() -> None:
    made = Histogram()
    with pytest.raises(ValueError, match="number"):
        made.record(math.nan)
    assert made.count == 0


def test_a_count_past_four_thousand_million_survives_storing() -> None:
    made = Histogram()
    made.buckets, made.count = {5: 2**33 + 7}, 2**33 + 7
    assert Histogram.decode(made.encode()).buckets == {5: 2**33 + 7}
