"""Tables: the CSV is exactly the rows, and no cell of it is a formula."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from components import tables
from data.exports import neutral


def test_the_file_is_exactly_the_frame() -> None:
    frame = pd.DataFrame(
        {
            "sku": ["A-1", "B, “2”", None],
            "revenue": [1234.5, -2.0, None],
            "at": [datetime(2026, 1, 1, tzinfo=UTC)] * 3,
        }
    )
    assert tables.csv(frame).decode() == (
        "sku,revenue,at\r\n"
        "A-1,1234.5,2026-01-01 00:00:00+00:00\r\n"
        '"B, “2”",-2.0,2026-01-01 00:00:00+00:00\r\n'
        ",,2026-01-01 00:00:00+00:00\r\n"
    )


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")']
)
def test_text_that_a_spreadsheet_would_run_is_neutral(cell: str) -> None:
    frame = pd.DataFrame({cell: [cell]})
    rows = list(csv.reader(io.StringIO(tables.csv(frame).decode(), newline="")))
    assert rows == [["'" + cell], ["'" + cell]]


def test_negative_numbers_stay_numbers() -> None:
    assert tables.csv(pd.DataFrame({"a": [-1, 2]})) == b"a\r\n-1\r\n2\r\n"


@given(some.lists(some.text(max_size=20), max_size=10))
def test_any_text_comes_back_from_the_file(cells: list[str]) -> None:
    frame = pd.DataFrame({"a": pd.Series(cells, dtype="str"), "n": range(len(cells))})
    text = tables.csv(frame).decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [row[0] for row in rows] == [neutral(cell) for cell in cells]


def test_figures_of_a_column_have_as_many_decimals() -> None:
    assert tables.number_format("money") == "%,.2f"
    assert tables.number_format("currency") == "%,.2f"
    assert tables.number_format("%") == "%.1f %%"
    assert tables.number_format("count") == "%,d"


def test_days_read_alike_however_the_frame_holds_them() -> None:
    days = [date(2026, 11, 24), None]
    frame = pd.DataFrame(
        {
            "told": pd.Series(days, dtype="object"),
            "counted": pd.to_datetime(pd.Series(days)),
            "text": pd.Series(["24", None], dtype="object"),
        }
    )
    config = tables.listing(frame, dict.fromkeys(frame.columns, "Day"), {}).config
    forms = {name: config[name]["type_config"].get("format") for name in ("told", "counted")}
    assert forms == {"told": "D MMM YYYY", "counted": "D MMM YYYY"}
    assert "type_config" not in config["text"]
