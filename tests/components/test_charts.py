"""Charts: gaps stay gaps, no more points than a screen shows, the company's clock, exact sums."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.elements.echarts_chart import _normalize_spec, _serialize_option
from streamlit.testing.v1 import AppTest

from components import board
from components.charts import Mark, Threshold, categories, frames, matrix, option, timeseries
from components.charts.timeseries import Drawing

LONDON = ZoneInfo("Europe/London")
START = datetime(2026, 11, 24, tzinfo=UTC)


def _frame(rows: int, columns: int = 2, step: str = "5s") -> pd.DataFrame:
    random = np.random.default_rng(7)
    index = pd.date_range(START, periods=rows, freq=step)
    return pd.DataFrame({f"s{n}": random.normal(50, 10, rows) for n in range(columns)}, index=index)


def _sent(option: dict[str, Any]) -> int:
    """Bytes that Streamlit sends for a chart."""
    spec, data = _normalize_spec(option)
    return len(_serialize_option(spec)) + sum(map(len, data.values()))


def _column(option: dict[str, Any], name: str) -> list[float | None]:
    values: list[float | None] = option["dataset"]["source"].column(name).to_pylist()
    return values


@pytest.mark.parametrize("columns", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("rows", [10, 2_000, 100_000])
def test_a_chart_stays_within_its_points_and_bytes(rows: int, columns: int) -> None:
    option = timeseries.build(Drawing(_frame(rows, columns), "percent"))
    assert option["dataset"]["source"].num_rows <= 2_000
    assert _sent(option) <= 64 * 1024


def test_thinning_keeps_the_extremes_of_every_series() -> None:
    frame = _frame(50_000)
    frame.iloc[12_345, 0] = 9_999.0
    frame.iloc[23_456, 1] = -9_999.0
    option = timeseries.build(Drawing(frame, "number"))
    assert max(v for v in _column(option, "0") if v is not None) == 9_999
    assert min(v for v in _column(option, "1") if v is not None) == -9_999


def test_missing_steps_break_the_line() -> None:
    frame = _frame(100).drop(index=pd.date_range(START, periods=100, freq="5s")[40:60])
    option = timeseries.build(Drawing(frame, "percent"))
    drawn = _column(option, "0")
    assert len(drawn) == 81
    assert drawn.count(None) == 1
    assert drawn[40] is None
    assert option["series"][0]["connectNulls"] is False


def test_nan_is_a_gap_and_stays_one_when_thinned() -> None:
    frame = _frame(20_000)
    frame.iloc[5_000:9_000] = np.nan
    option = timeseries.build(Drawing(frame, "percent"))
    x, drawn = _column(option, "x"), _column(option, "0")
    first, last = (frames.clock_of(frame.index[at], LONDON) for at in (5_100, 8_900))
    within = [v for at, v in zip(x, drawn, strict=True) if at is not None and first < at < last]
    assert not [value for value in within if value is not None]
    assert None in drawn


def test_one_late_sample_is_no_gap() -> None:
    index = [START + pd.Timedelta(seconds=s) for s in (0, 5, 10, 17, 22, 27)]
    option = timeseries.build(Drawing(pd.DataFrame({"a": range(6)}, index=index)))
    assert None not in _column(option, "0")


def test_a_figure_between_gaps_gets_a_dot() -> None:
    frame = pd.DataFrame(
        {"a": [1.0, np.nan, 2.0, np.nan, 3.0], "b": range(5)},
        index=pd.date_range(START, periods=5, freq="5s"),
    )
    series = timeseries.build(Drawing(frame))["series"]
    assert series[0]["showSymbol"] is True
    assert series[1]["showSymbol"] is False


def test_charts_show_the_companys_clock_in_any_browser() -> None:
    summer = pd.Index([datetime(2026, 7, 1, 12, tzinfo=UTC)])
    shown = pd.Timestamp(frames.wall_clock(summer, LONDON)[0], unit="ms", tz="UTC")
    assert shown.hour == 13
    assert timeseries.build(Drawing(_frame(3)))["useUTC"] is True


def test_the_hour_that_happens_twice_is_not_joined_backwards() -> None:
    index = pd.date_range(datetime(2026, 10, 25, 0, tzinfo=UTC), periods=13, freq="15min")
    x = frames.wall_clock(index, LONDON)
    broken, values = frames.broken_at_gaps(x, np.ones((1, len(x))))
    back = np.flatnonzero(np.diff(broken) < 0)
    assert len(back) == 1
    assert np.isnan(values[0, back[0]])


def test_days_are_drawn_at_their_midnight() -> None:
    assert frames.clock_of(date(2026, 3, 29), LONDON) == frames.clock_of(
        pd.Timestamp("2026-03-29"), LONDON
    )


def test_a_threshold_far_above_the_figures_does_not_flatten_them() -> None:
    drawing = Drawing(_frame(10) / 1000, "seconds", thresholds=(Threshold(2.0, "limit 2 s"),))
    assert "markLine" not in timeseries.build(drawing)["series"][0]
    near = Drawing(_frame(10) / 25, "seconds", thresholds=(Threshold(2.0, "limit 2 s"),))
    line = timeseries.build(near)["series"][0]["markLine"]["data"][0]
    assert (line["yAxis"], line["name"]) == (2.0, "limit 2 s")


def test_the_earlier_period_is_a_pale_line_of_the_same_length() -> None:
    frame = _frame(5, columns=1)
    ghost = pd.Series([1.0, 2.0, 3.0], name="Previous period")
    option = timeseries.build(Drawing(frame, "number", ghost=ghost))
    assert _column(option, "1") == [1.0, 2.0, 3.0, None, None]
    assert option["series"][1]["name"] == "Previous period"


def test_notes_stand_at_their_moment() -> None:
    mark = Mark(START, "A very long note that would cover the whole of the drawing")
    option = timeseries.build(Drawing(_frame(5), marks=(mark,)))
    placed = option["series"][0]["markLine"]["data"][0]
    assert placed["xAxis"] == frames.clock_of(START, ZoneInfo("UTC"))
    assert len(placed["label"]["formatter"]) <= 28


def test_a_note_stands_at_the_week_that_its_day_lies_in() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0]}, index=pd.Index(["2026-11-02", "2026-11-09"]))
    marks = [
        Mark(date(2026, 11, 11), "strike"),
        Mark(date(2026, 10, 30), "before it began"),
        Mark(date(2026, 11, 16), "after it ended"),
    ]
    drawn = categories.stacked(frame, "count", {}, None, marks)["series"][0]["markLine"]["data"]
    assert [(line["name"], line["xAxis"]) for line in drawn] == [("strike", 1)]


def test_parts_that_do_not_add_up_stand_side_by_side() -> None:
    frame = pd.DataFrame({"a": [1.0], "b": [20_000.0]}, index=["current"])
    drawn = categories.stacked(frame, "count", {}, None, (), side_by_side=True)
    assert len({series["stack"] for series in drawn["series"]}) == 2


@pytest.mark.parametrize(
    ("least", "step"), [(211.14, 250), (25, 25), (1.9, 2), (0.013, 0.02), (6, 10), (0, 1)]
)
def test_ticks_stand_at_figures_that_people_count_in(least: float, step: float) -> None:
    assert option.nice_step(least) == step


def test_who_cannot_see_a_chart_is_told_its_figures() -> None:
    frame = pd.DataFrame({"cpu": [10.0, 90.0, 40.0], "gpu": [np.nan] * 3})
    told = timeseries.describe(Drawing(frame, "percent", {"cpu": "CPU"}), "Load")
    assert told == "Load. CPU: latest 40 %, lowest 10 %, highest 90 %; gpu: no data"


@given(
    start=some.floats(-1e6, 1e6),
    changes=some.lists(some.floats(-1e6, 1e6), min_size=1, max_size=12),
)
def test_steps_of_a_waterfall_reach_from_start_to_end(start: float, changes: list[float]) -> None:
    end = start + sum(changes)
    labels = [str(at) for at in range(len(changes))]
    option = categories.waterfall(labels, changes, ("A", start), ("B", end), "number")
    foot, up, low_foot, down = (series["data"] for series in option["series"])
    levels = np.concatenate([[0.0], start + np.concatenate([[0.0], np.cumsum(changes)])])
    largest = max(1.0, float(np.abs(levels).max()), abs(end))
    axis = option["yAxis"][0] if isinstance(option["yAxis"], list) else option["yAxis"]
    scale = axis["axisLabel"]["formatter"]
    divide = {"M": 1e6, "k": 1e3}.get(scale[-1], 1.0)
    for at in range(1, len(changes) + 1):
        low, high = sorted((levels[at], levels[at + 1]))
        top = foot[at] + up[at]["value"] if high > 0 else low_foot[at]
        bottom = low_foot[at] + down[at]["value"] if low < 0 else foot[at]
        assert top * divide == pytest.approx(high, abs=largest * 1e-9)
        assert bottom * divide == pytest.approx(low, abs=largest * 1e-9)


def test_a_waterfall_names_gains_above_and_losses_beneath() -> None:
    option = categories.waterfall(["a", "b"], [4.0, -3.0], ("A", 5.0), ("B", 6.0), "number")
    labels = [entry["label"]["position"] for entry in option["series"][1]["data"]]
    assert labels == ["top", "top", "bottom", "top"]


def test_a_pareto_reaches_all_of_it() -> None:
    option = categories.pareto(["a", "b", "c"], [1.0, 5.0, 4.0], "minutes")
    assert option["xAxis"]["data"] == ["b", "c", "a"]
    assert option["series"][1]["data"] == [50.0, 90.0, 100.0]


@pytest.mark.parametrize(
    ("index", "labels"),
    [
        (pd.DatetimeIndex(["2026-10-01", "2026-10-02"]), ["1 Oct", "2 Oct"]),
        (pd.DatetimeIndex(["2025-12-31", "2026-01-01"]), ["31 Dec 2025", "1 Jan 2026"]),
        (pd.DatetimeIndex(["2026-10-01", "2026-11-01"]), ["Oct 2026", "Nov 2026"]),
        (pd.Index(["2026-10", "2026-11"]), ["2026-10", "2026-11"]),
        (pd.Index([date(2026, 10, 1), date(2026, 10, 2)]), ["1 Oct", "2 Oct"]),
    ],
)
def test_steps_are_named_as_people_name_them(index: pd.Index, labels: list[str]) -> None:
    assert categories.step_labels(index) == labels


def test_an_empty_cell_of_a_matrix_has_no_figure() -> None:
    frame = pd.DataFrame([[1.0, np.nan], [0.0, 4.0]], index=["Mon", "Tue"], columns=[0, 1])
    cells = matrix.heat(frame, "count", figures=False)["series"][0]["data"]
    assert cells == [[0, 0, 1.0], [0, 1, 0.0], [1, 1, 4.0]]


@pytest.mark.parametrize(
    "built",
    [
        lambda: categories.stacked(_frame(200, 5, "1D"), "money", {}, None, ()),
        lambda: categories.horizontal([f"Product {n}" for n in range(30)], [1.0] * 30, "money",
                                      None, True),
        lambda: matrix.heat(_frame(24, 24, "1D").T, "share", figures=True),
        lambda: timeseries.build(Drawing(_frame(1, 1))),
        lambda: timeseries.build(Drawing(_frame(5) * np.nan)),
        lambda: categories.stacked(_frame(3) * np.nan, "money", {}, None, ()),
        lambda: categories.waterfall([], [], ("A", 0.0), ("B", 0.0), "money"),
        lambda: matrix.heat(_frame(3) * np.nan, "money", figures=True),
    ],
)  # fmt: skip
def test_every_kind_of_chart_can_be_sent_and_is_light(built: Callable[[], dict[str, Any]]) -> None:
    assert _sent(built()) <= 64 * 1024
    assert "NaN" not in json.dumps({k: v for k, v in built().items() if k != "dataset"})


def test_a_chart_that_fails_leaves_the_board_standing() -> None:
    wrong = pd.DataFrame({"a": ["not", "a", "number"]})
    ready = board.prepare(board.Chart("cpu", "CPU", "", {"a": "A"}), wrong)
    assert ready.option is None
    assert ready.problem == "“CPU” cannot be drawn; the log says why."
    empty = board.prepare(board.Chart("cpu", "CPU", "", {"a": "A"}, nothing="None."), wrong[:0])
    assert empty.problem == "None."


def _page() -> None:
    import pandas as pd
    import streamlit as st

    from components import board

    frame = pd.DataFrame(
        {"a": [1.0, None, 3.0]}, index=pd.date_range("2026-11-24", periods=3, freq="5s", tz="UTC")
    )
    ready = board.prepare(board.Chart("cpu", "CPU", "", {"a": "A"}, "percent"), frame)
    if "stock" in st.session_state and ready.option is not None:
        st.echarts_chart(ready.option, key="cpu", alt=ready.alt, height=156)
    else:
        board.draw({"cpu": st.empty()}, [ready])


def test_a_board_sends_what_streamlits_own_call_sends() -> None:
    ours, stock = AppTest.from_function(_page).run(), AppTest.from_function(_page)
    stock.session_state["stock"] = True
    stock.run()
    assert not ours.exception
    assert not stock.exception
    assert ours.get("echarts_chart")[0].proto == stock.get("echarts_chart")[0].proto
