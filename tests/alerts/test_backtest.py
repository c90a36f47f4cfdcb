"""A backtest prints exactly the changes that would have been."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.backtest import SeriesError, read_series, run, write_changes
from alerts.rules import Rule
from alerts.series import Series
from tests.alerts.reference import Model, Spec, query

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def printed(rule: Rule, text: str) -> str:
    target = io.StringIO()
    file = read_series(io.StringIO(text), "s.csv")
    write_changes(run(rule, file.series, end=file.last), target)
    return target.getvalue()


def refused(text: str) -> str:
    with pytest.raises(SeriesError) as caught:
        read_series(io.StringIO(text), "s.csv")
    return str(caught.value)


def test_each_change_is_one_line_with_its_labels_and_value() -> None:
    rule = Rule("temperature", "line.temperature", 80.0, every=MINUTE, for_=2 * MINUTE)
    series = """ts,value,line
2026-03-01T08:00:00Z,70,1
2026-03-01T08:01:00Z,81.5,1
2026-03-01T08:02:00Z,82,1
2026-03-01T08:03:00Z,83,1
2026-03-01T08:04:00Z,60,1
2026-03-01T08:01:00Z,90,2
2026-03-01T08:04:00Z,90,2
"""
    assert (
        printed(rule, series)
        == """ts,labels,from_state,to_state,value
2026-03-01T08:01:00Z,line=1,inactive,pending,81.5
2026-03-01T08:01:00Z,line=2,inactive,pending,90
2026-03-01T08:03:00Z,line=1,pending,firing,83
2026-03-01T08:03:00Z,line=2,pending,firing,90
2026-03-01T08:04:00Z,line=1,firing,inactive,60
"""
    )


def test_a_gap_longer_than_staleness_is_no_data_from_the_first_evaluation_that_misses_it() -> None:
    rule = Rule("r", "s", 80.0, every=MINUTE, for_=timedelta(0))
    series = "ts,value\n2026-03-01T08:00:00Z,90\n2026-03-01T08:10:00Z,90\n"
    assert printed(rule, series).splitlines()[1:] == [
        "2026-03-01T08:00:00Z,,inactive,firing,90",
        "2026-03-01T08:05:00Z,,firing,no_data,",
        "2026-03-01T08:10:00Z,,no_data,firing,90",
    ]


def test_evaluations_start_at_the_first_sample_and_end_with_the_last() -> None:
    rule = Rule("r", "s", 80.0, every=MINUTE, for_=timedelta(0))
    series = "ts,value\n2026-03-01T08:00:20Z,10\n2026-03-01T08:01:00Z,90\n2026-03-01T08:02:19Z,9\n"
    assert printed(rule, series).splitlines()[1:] == ["2026-03-01T08:01:20Z,,inactive,firing,90"]


def test_rows_may_come_in_any_order_and_zone() -> None:
    rule = Rule("r", "s", 80.0, every=MINUTE, for_=timedelta(0))
    series = "ts,value\n2026-03-01T09:01:00+01:00,10\n2026-03-01T08:00:00Z,90\n"
    assert printed(rule, series).splitlines()[1:] == [
        "2026-03-01T08:00:00Z,,inactive,firing,90",
        "2026-03-01T08:01:00Z,,firing,inactive,10",
    ]


def test_an_empty_value_is_a_gap() -> None:
    text = "ts,value\n2026-03-01T08:00:00Z,\n2026-03-01,1\n"
    (series,) = read_series(io.StringIO(text), "s.csv").series
    assert series.values.tolist() == [1.0]


def test_empty_values_at_the_end_let_the_time_go_on() -> None:
    rule = Rule("r", "s", 80.0, every=MINUTE, for_=timedelta(0))
    series = "ts,value\n2026-03-01T08:00:00Z,90\n2026-03-01T08:10:00Z,\n"
    assert printed(rule, series).splitlines()[1:] == [
        "2026-03-01T08:00:00Z,,inactive,firing,90",
        "2026-03-01T08:05:00Z,,firing,no_data,",
    ]


def test_a_row_that_stands_twice_counts_once() -> None:
    row, gap = "2026-03-01T08:00:00Z", "2026-03-01t08:01:00z"
    text = f"ts,value\n{row},1\n{row},1.0\n{gap},nan\n{gap},NaN\n"
    (series,) = read_series(io.StringIO(text), "s.csv").series
    assert len(series.times) == 2


def test_a_label_set_that_vanishes_is_no_data_and_one_that_appears_late_begins_then() -> None:
    rule = Rule("r", "s", 80.0, every=MINUTE, for_=MINUTE, staleness=2 * MINUTE)
    rows = [f"2026-03-01T08:0{minute}:00Z,90,a" for minute in range(3)]
    rows += [f"2026-03-01T08:0{minute}:30Z,90,b" for minute in range(4, 7)]
    assert printed(rule, "ts,value,host\n" + "\n".join(rows)).splitlines()[1:] == [
        "2026-03-01T08:00:00Z,host=a,inactive,pending,90",
        "2026-03-01T08:01:00Z,host=a,pending,firing,90",
        "2026-03-01T08:04:00Z,host=a,firing,no_data,",
        "2026-03-01T08:05:00Z,host=b,inactive,pending,90",
        "2026-03-01T08:06:00Z,host=b,pending,firing,90",
    ]


def test_a_sample_of_a_daily_series_stands_until_the_next_is_due() -> None:
    rule = Rule("r", "kpi.dso", 80.0, every=timedelta(hours=1), for_=timedelta(0))
    days = [(START + timedelta(days=day), value) for day, value in enumerate([90.0, 90.0, 10.0])]
    (fired, ended) = run(rule, [Series.of({}, days, timedelta(days=1))])
    assert (fired.at, ended.at) == (START, START + timedelta(days=2))


def test_each_mistake_is_one_sentence_with_its_line() -> None:
    row = "2026-03-01T08:00:00Z"
    assert refused("time,value\n") == "s.csv, line 1: the columns must be ts,value and then labels."
    assert refused("ts,value\nsoon,1\n") == (
        's.csv, line 2: "soon" is not an instant; write it as 2026-01-31T08:00:00Z.'
    )
    assert refused("ts,value\n0001-01-01T00:00:00+14:00,1\n") == (
        's.csv, line 2: "0001-01-01T00:00:00+14:00" lies outside the years 1900 to 2999.'
    )
    assert refused(f"ts,value\n{row},1\n{row},high\n") == 's.csv, line 3: "high" is not a number.'
    assert refused(f"ts,value\n{row},1\n{row},2\n") == (
        f"s.csv, line 3: a second value for {row}; keep one row for each time and label set."
    )
    assert refused(f"ts,value,line\n{row},1\n") == "s.csv, line 2: 2 cells where the header has 3."
    assert refused("ts,value\n") == "s.csv holds no samples."
    assert refused(f'ts,value\n{row},"1\n') == (
        "s.csv, line 2: this is not CSV: unexpected end of data."
    )


@settings(max_examples=150, deadline=None)
@given(
    samples=st.dictionaries(st.integers(0, 900), st.sampled_from([1.0, 2.0, 3.0]), min_size=1),
    every=st.sampled_from([7, 15, 30, 60]),
    for_s=st.sampled_from([0, 15, 60, 100]),
    keep_s=st.sampled_from([0, 10, 60]),
    staleness=st.sampled_from([20, 60, 300]),
    no_data=st.sampled_from(["resolve", "keep", "fire"]),
    aggregate=st.sampled_from(["last", "avg", "max"]),
)
def test_changes_agree_with_the_reference_model(
    samples: dict[int, float],
    every: int,
    for_s: int,
    keep_s: int,
    staleness: int,
    no_data: str,
    aggregate: str,
) -> None:
    rule = Rule(
        "r",
        "s",
        1.5,
        aggregate,  # type: ignore[arg-type]
        timedelta(seconds=45),
        for_=timedelta(seconds=for_s),
        keep_firing_for=timedelta(seconds=keep_s),
        every=timedelta(seconds=every),
        staleness=timedelta(seconds=staleness),
        no_data=no_data,  # type: ignore[arg-type]
    )
    spec = Spec(">", 1.5, for_s, keep_s, staleness, no_data, aggregate, 45)
    model, expected = Model(spec), []
    for now in range(min(samples), max(samples) + 1, every):
        before = model.name
        after = model.evaluate(query(samples, spec, now), now)
        if after != before:
            expected.append((now, before, after))
    series = Series.of({}, [(START + timedelta(seconds=s), samples[s]) for s in sorted(samples)])
    found = [
        (int((change.at - START).total_seconds()), change.before, change.after)
        for change in run(rule, [series])
    ]
    assert found == expected
