"""What an import refuses: each with one sentence or a line, a column and a reason."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from data import database as stored
from data.ingest.orders import import_orders
from data.ingest.report import KEPT_ERRORS, ImportRefused
from tests.data.order_files import HEADER, refused, write

GOOD = "1,2026-01-05,A,1,10"


@pytest.fixture(autouse=True)
def _nothing_is_ever_taken(database: str) -> Iterator[None]:
    yield
    assert stored.scalar("SELECT count(*) FROM orders") == 0
    assert stored.scalar("SELECT count(*) FROM sales_daily") == 0


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (",2026-01-05,A,1,10", "order_id", "is missing"),
        ("2,,A,1,10", "ordered_at", "is missing"),
        ("2,2026-01-05,  ,1,10", "sku", "is missing"),
        ("2,2026-01-05,A,,10", "quantity", "is missing"),
        ("2,2026-01-05,A,1,", "unit_price", "is missing"),
        ("2,05/01/2026,A,1,10", "ordered_at", "is not a date and time"),
        ("2,2026-02-30,A,1,10", "ordered_at", "is not a date and time"),
        ("2,1850-01-01,A,1,10", "ordered_at", "lies before the year 2000"),
        ("2,2999-01-01,A,1,10", "ordered_at", "lies more than a year ahead"),
        ("2,2026-01-05,A,one,10", "quantity", "is not a number"),
        ("2,2026-01-05,A,NaN,10", "quantity", "is not a number"),
        ("2,2026-01-05,A,-1,10", "quantity", "is negative"),
        ('2,2026-01-05,A,1,"1,234.50"', "unit_price", "has a comma"),
        ("2,2026-01-05,A,1,1 234.50", "unit_price", "has a thousands separator"),
        ("2,2026-01-05,A,1,£5", "unit_price", "is not a number"),
        ("2,2026-01-05,A,1,1e30", "unit_price", "is too large"),
        ("2,2026-01-05,A,99999999999999999999999999999999999,10", "quantity", "is too large"),
        (f"2,2026-01-05,{'x' * 300},1,10", "sku", "is longer than 200 characters"),
        ("2,2026-01-05,A,1", "row", "has 4 values, the header names 5"),
        ("2,2026-01-05,A,1,10,11", "row", "has 6 values, the header names 5"),
    ],
)
def test_a_bad_value_is_named_with_line_column_and_reason(
    tmp_path: Path, row: str, column: str, reason: str
) -> None:
    sentence, report = refused(tmp_path, HEADER, GOOD, row)
    (error,) = report.errors
    assert (error.line, error.column) == (3, column)
    assert reason in error.reason
    assert "1 bad rows of 2" in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("more", "row", "column", "reason"),
    [
        ("currency", f"{GOOD},EURO", "currency", "is not an ISO 4217 code"),
        ("refunded", f"{GOOD},5", "refunded_at", "is missing although something was refunded"),
        ("refunded,refunded_at", f"{GOOD},5,2026-01-02", "refunded_at", "lies before the order"),
        ("discount", f"{GOOD},-5", "discount", "is negative"),
    ],
)
def test_optional_columns_are_held_to_their_rules_too(
    tmp_path: Path, more: str, row: str, column: str, reason: str
) -> None:
    (error,) = refused(tmp_path, f"{HEADER},{more}", row)[1].errors
    assert (error.line, error.column) == (2, column)
    assert reason in error.reason


def test_every_bad_value_of_a_row_is_listed(tmp_path: Path) -> None:
    errors = refused(tmp_path, HEADER, "1,never,A,x,y")[1].errors
    assert [error.column for error in errors] == ["ordered_at", "quantity", "unit_price"]


def test_all_bad_values_are_counted_and_the_first_are_kept(tmp_path: Path) -> None:
    rows = ["1,2026-01-05,A,x,10"] * (KEPT_ERRORS + 5)
    report = refused(tmp_path, HEADER, *rows)[1]
    assert (len(report.errors), report.error_count) == (KEPT_ERRORS, KEPT_ERRORS + 5)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n\n", "no header"),
        (b"order_id,ordered_at\n", "lacks the required columns sku, quantity, unit_price"),
        (HEADER.encode() + b"\n", "has a header but no rows"),
        (b"sku," + HEADER.encode() + b"\n", 'names the column "sku" more than once'),
        (HEADER.encode() + b"\n1,2026-01-05,caf\xe9,1,10\n", "line 2 is not UTF-8 text"),
        ("é".encode("latin-1") + HEADER.encode() + b"\n", "line 1 is not UTF-8 text"),
        (HEADER.encode("utf-16"), "is UTF-16 text"),
        (HEADER.encode() + b"\n1,2026-01-05,A\0,1,10\n", "line 2 holds a NUL byte"),
        (gzip.compress(HEADER.encode(), mtime=0), "is compressed"),
        (HEADER.encode() + b"\r1,2026-01-05,A,1,10\r", "has no line break that is understood"),
        (b"PK\x03\x04rest", "is a workbook or zip archive"),
        (HEADER.encode() + b'\n1,2026-01-05,"A,1,10\n2,2026-01-05,B,1,10\n', "never closed"),
    ],
)
def test_a_file_that_is_no_such_csv_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    with pytest.raises(ImportRefused, match=r"^orders\.csv") as caught:
        import_orders(path)
    assert sentence in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_a_missing_file_is_refused_without_a_machine_path(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"^none\.csv cannot be read: no such file"):
        import_orders(tmp_path / "none.csv")
    with pytest.raises(ImportRefused, match="cannot be read: is a directory"):
        import_orders(Path(tmp_path))


def test_a_mapping_to_what_does_not_exist_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, GOOD)
    with pytest.raises(ImportRefused, match='There is no field "colour"'):
        import_orders(path, {"colour": "sku"})
    with pytest.raises(ImportRefused, match='has no column "Item"'):
        import_orders(path, {"sku": "Item"})
