"""Importing order lines: once, again, corrected, and in every spelling a file can have."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from config import settings as settings_module
from data import database
from data.ingest import csvfile
from data.ingest.orders import FIELDS, import_orders
from data.ingest.report import ImportRefused
from data.ingest.staging import guess
from data.queries import kpi
from tests.data.order_files import HEADER, refused, take

pytestmark = pytest.mark.usefixtures("database")

FULL = (
    "order_id,ordered_at,channel,customer_id,sku,quantity,unit_price,discount,tax,shipping,"
    "refunded,refunded_at,currency,status,unit_cost,country"
)


def total(slug: str = "net_revenue") -> float | None:
    return kpi.value(slug, date(2026, 1, 1), date(2026, 12, 31)).value


def everything() -> list[tuple[Any, ...]]:
    """All that figures come from, without what only says when a row was seen."""
    tables = {
        "order_lines": "order_id, line",
        "refunds": "order_id, source_id",
        "sales_daily": "day, channel, product_id",
        "sales_daily_channel": "day, channel",
        "sales_daily_country": "day, channel, country, segment",
        "sales_hourly": "day, hour, channel",
        "sales_state": "one",
    }
    rows: list[tuple[Any, ...]] = [
        tuple(row.values())
        for table, order in tables.items()
        for row in database.read(f"SELECT * FROM {table} ORDER BY {order}")
    ]
    orders = database.read("SELECT id, source_id, day, channel, status FROM orders ORDER BY id")
    return rows + [tuple(row.values()) for row in orders]


def test_importing_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    lines = (
        FULL,
        "1,2026-01-05T10:00:00,web,C1,A,2,10,1,3,4,,,GBP,paid,4,GB",
        "1,2026-01-05T10:00:00,web,C1,A,1,20,0,4,0,5,2026-02-01,GBP,paid,,GB",
        "2,2026-01-06,shop,C1,A,1,10,,,,,,,cancelled,4,GB",
    )
    assert take(tmp_path, *lines).counts["new orders"] == 2
    before = everything()
    report = take(tmp_path, *lines)
    assert (report.counts["new orders"], report.counts["changed orders"]) == (0, 0)
    assert everything() == before


def test_the_same_lines_in_another_order_change_nothing(tmp_path: Path) -> None:
    lines = ["1,2026-01-05,A,1,10", "1,2026-01-05,B,2,3", "2,2026-01-06,A,1,7"]
    take(tmp_path, HEADER, *lines)
    assert take(tmp_path, HEADER, *reversed(lines)).counts["unchanged orders"] == 2


def test_a_corrected_file_corrects_price_sku_and_day(tmp_path: Path) -> None:
    take(tmp_path, HEADER, "1,2026-01-05,A,1,10", "2,2026-01-05,B,1,5")
    take(tmp_path, HEADER, "1,2026-01-09,C,2,8", "2,2026-01-05,B,1,5")
    assert total() == 21
    assert [row["sku"] for row in database.read(
        "SELECT DISTINCT sku FROM sales_daily JOIN products ON id = product_id ORDER BY 1"
    )] == ["B", "C"]  # fmt: skip


def test_an_order_is_replaced_by_the_files_lines_of_it_and_others_stay(tmp_path: Path) -> None:
    take(tmp_path, HEADER, "1,2026-01-05,A,1,10", "1,2026-01-05,B,1,5", "2,2026-01-05,B,1,1")
    take(tmp_path, HEADER, "1,2026-01-05,A,1,10")
    assert (total(), total("orders"), total("units")) == (11, 2, 2)


def test_the_same_sku_twice_in_an_order_is_two_lines(tmp_path: Path) -> None:
    take(tmp_path, HEADER, "1,2026-01-05,A,1,10", "1,2026-01-05,A,1,10")
    assert (total(), total("units"), total("orders")) == (20, 2, 1)


def test_other_headers_are_mapped_and_unused_columns_named(tmp_path: Path) -> None:
    report = take(
        tmp_path, "Order,When,Item,Qty,Price,Colour", "1,2026-01-05,A,2,10,red",
        mapping={"order_id": "Order", "ordered_at": "When", "sku": "Item", "quantity": "Qty",
                 "unit_price": "Price"},
    )  # fmt: skip
    assert total() == 20
    assert report.ignored_columns == ("Colour",)


def test_headers_match_however_they_are_spelt(tmp_path: Path) -> None:
    take(tmp_path, "Order ID;Ordered At;SKU;Quantity;Unit Price", "1;2026-01-05;A;2;10")
    assert total() == 20


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_delimiter_is_understood(tmp_path: Path, delimiter: str) -> None:
    take(tmp_path, HEADER.replace(",", delimiter), "1,2026-01-05,A,2,10".replace(",", delimiter))
    assert total() == 20


def test_a_byte_order_mark_crlf_and_line_breaks_inside_quotes_are_understood(
    tmp_path: Path,
) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(
        b"\xef\xbb\xbf" + HEADER.encode() + b'\r\n1,2026-01-05,"A\r\nlong",2,10\r\n'
        b'2,2026-01-05,"say ""B""",1,5\r\n3,x,B,1,5'
    )
    with pytest.raises(ImportRefused, match="1 bad rows of 3") as caught:
        import_orders(path)
    assert caught.value.report is not None
    assert [error.line for error in caught.value.report.errors] == [5]
    import_orders(path, skip_bad=True)
    assert {row["sku"] for row in database.read("SELECT sku FROM products")} == {
        "A\r\nlong", 'say "B"'
    }  # fmt: skip


def test_a_file_without_a_last_line_break_and_with_blank_lines_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(f"{HEADER}\n1,2026-01-05,A,2,10\n\n,,,,\n2,2026-01-06,A,1,5")
    assert import_orders(path).rows == 2
    assert total() == 25


def test_rows_beyond_one_block_keep_their_line_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csvfile, "BLOCK_BYTES", 4096)
    count = 1000
    lines = [f'{number},2026-01-05,"SKU\n{number % 7}",1,2.50' for number in range(count)]
    lines[-2] = "x,2026-01-05,A,one,2.50"
    _, refusal = refused(tmp_path, HEADER, *lines)
    assert [error.line for error in refusal.errors] == [2 * (count - 2) + 2]
    report = take(tmp_path, HEADER, *lines, skip_bad=True)
    assert (report.rows, report.bad_rows, total("orders")) == (count, 1, count - 1)


def test_an_order_that_runs_over_two_blocks_is_one_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csvfile, "BLOCK_BYTES", 64)
    take(
        tmp_path, HEADER, *["1,2026-01-05,A,1,10"] * 30, "2,2026-01-05,A,1,1", "1,2026-01-05,B,1,5"
    )
    assert (total("orders"), total("units"), total()) == (2, 32, 306)


def test_naive_times_are_the_companys_and_offsets_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPANY_TIMEZONE", "America/New_York")
    settings_module.settings.cache_clear()
    take(tmp_path, HEADER, "1,2026-01-05T23:30:00,A,1,10", "2,2026-01-06T03:00:00Z,A,1,10")
    days = [row["day"].isoformat() for row in database.read("SELECT day FROM orders ORDER BY id")]
    assert days == ["2026-01-05", "2026-01-05"]
    settings_module.settings.cache_clear()


def test_times_that_autumn_repeats_are_the_first_and_those_spring_skips_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPANY_TIMEZONE", "Europe/London")
    settings_module.settings.cache_clear()
    take(tmp_path, HEADER, "1,2026-10-25T01:30:00,A,1,10", "2,2026-03-29T01:30:00,A,1,10")
    times = [row["ordered_at"].strftime("%H:%M") for row in
             database.read("SELECT ordered_at FROM orders ORDER BY source_id")]  # fmt: skip
    assert times == ["00:30", "01:00"]
    settings_module.settings.cache_clear()


def test_skipping_bad_rows_takes_all_good_ones_also_of_the_same_order(tmp_path: Path) -> None:
    report = take(tmp_path, HEADER, "1,2026-01-05,A,1,10", "1,2026-01-05,B,x,10",
                  "2,2026-01-05,A,1,5", skip_bad=True)  # fmt: skip
    assert (report.rows, report.bad_rows) == (3, 1)
    assert (total(), total("orders")) == (15, 2)


def test_what_belongs_to_the_order_is_taken_from_its_first_line_that_gives_it(
    tmp_path: Path,
) -> None:
    report = take(
        tmp_path, HEADER + ",channel,customer_id", "1,2026-01-05,A,1,10,,C1",
        "1,2026-01-05,B,1,10,web,", "2,2026-01-05,B,1,10,web,C1", "2,2026-01-05,B,1,10,shop,C1",
    )  # fmt: skip
    assert {row["channel"] for row in database.read("SELECT channel FROM orders")} == {"web"}
    assert report.notes[0].startswith("1 orders give different")


def test_numbers_may_have_exponents_and_long_fractions(tmp_path: Path) -> None:
    take(tmp_path, HEADER, "1,2026-01-05,A,1e1,0.30000000000000004")
    assert total() == pytest.approx(3)


def test_a_missing_currency_is_the_companys_and_spelling_does_not_matter(tmp_path: Path) -> None:
    take(tmp_path, HEADER + ",currency", "1,2026-01-05,A,1,10,", "2,2026-01-05,A,1,10,gbp")
    assert total() == 20


def test_columns_of_other_systems_are_proposed_but_never_taken_unasked(tmp_path: Path) -> None:
    header = ["Order No", "Date", "Item", "Qty", "Price", "VAT"]
    proposed = guess(FIELDS, header, {}, loosely=True)
    assert [proposed[name] for name in ("order_id", "ordered_at", "sku", "tax")] == [0, 1, 2, 5]
    with pytest.raises(ImportRefused, match="lacks the required columns order_id, ordered_at, sku"):
        take(tmp_path, ",".join(header), "1,2026-01-05,A,1,10,2")
