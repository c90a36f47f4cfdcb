"""`manage.py kpi` and `manage.py import`: what they print, and what they refuse with status 2."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from data.queries import kpi
from tests.data.order_files import HEADER, write
from tests.product import manage

Run = Callable[..., subprocess.CompletedProcess[str]]
ROWS = ("1,2026-01-05,A,2,10", "2,2026-01-07,B,1,5.50")
RANGE = ("--from", "2026-01-01", "--to", "2026-01-31")


@pytest.fixture
def run(database: str, tmp_path: Path) -> Run:
    """Runs `manage.py` on the test's database."""
    environment = os.environ | {"DATABASE_URL": database, "SENTIA_HOME": str(tmp_path / "home")}

    def command(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return manage(*arguments, environment=environment | more)

    return command


def test_a_kpi_is_printed_as_one_value_and_by_its_breakdowns(run: Run, tmp_path: Path) -> None:
    done = run("import", "orders", str(write(tmp_path, HEADER, *ROWS)))
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 rows read; 2 new orders" in done.stdout
    assert run("kpi", "net_revenue", *RANGE).stdout == "value\n25.5\n"
    assert run("kpi", "net_revenue", *RANGE, "--by", "product").stdout == (
        "product,value\nA,20\nB,5.5\n"
    )
    assert run("kpi", "orders", *RANGE, "--by", "day").stdout == (
        "day,value\n2026-01-05,1\n2026-01-06,0\n2026-01-07,1\n"
    )
    told = json.loads(run("kpi", "net_revenue", *RANGE, "--format", "json").stdout)
    assert (told["value"], told["reason"], told["source"]) == (25.5, None, "csv")
    rows = json.loads(run("kpi", "units", *RANGE, "--by", "month", "--format", "json").stdout)
    assert rows["rows"] == [{"month": "2026-01", "value": 3.0}]


def test_a_name_that_a_spreadsheet_would_run_is_neutral(run: Run, tmp_path: Path) -> None:
    run("import", "orders", str(write(tmp_path, HEADER, '1,2026-01-05,"=1+1",2,10')))
    printed = run("kpi", "net_revenue", *RANGE, "--by", "product").stdout
    assert printed == "product,value\n'=1+1,20\n"


def test_no_data_is_an_empty_value_and_null_with_the_reason(run: Run) -> None:
    printed = run("kpi", "net_revenue", *RANGE)
    assert (printed.returncode, printed.stdout) == (0, 'value\n""\n')
    assert "There are no orders yet" in printed.stderr
    told = json.loads(run("kpi", "net_revenue", *RANGE, "--format", "json").stdout)
    assert told["value"] is None
    assert "There are no orders yet" in told["reason"]
    assert run("kpi", "orders", *RANGE, "--by", "day").stdout == "day,value\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("profit", *RANGE), 'No KPI is called "profit"'),
        (("orders", "--from", "2026-02-01", "--to", "2026-01-01"), "ends on 2026-01-01, before"),
        (("orders", "--from", "2026-02-30", "--to", "2026-03-01"), '"2026-02-30" is not a day'),
        (("orders", "--from", "20260201", "--to", "2026-03-01"), '"20260201" is not a day'),
        (("orders", "--from", "2026-02-01"), "--to is missing"),
        (("orders", *RANGE, "--by", "colour"), "has no breakdown by colour"),
        (("orders", *RANGE, "--format", "xml"), '"xml" is no format'),
    ],
)
def test_what_cannot_be_answered_is_one_sentence_and_status_2(
    run: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    refused = run("kpi", *arguments)
    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert (refused.stdout, refused.stderr.count("\n")) == ("", 1)


def test_bad_rows_are_listed_and_written_and_nothing_is_taken(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, *ROWS, "3,never,A,x,1")
    refused = run("import", "orders", str(path), "--errors", str(tmp_path / "bad.csv"))
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[0].startswith("line 4, ordered_at:")
    assert refused.stderr.splitlines()[-1].startswith("orders.csv has 1 bad rows of 3")
    listed = list(csv.reader(io.StringIO((tmp_path / "bad.csv").read_text())))
    assert [row[:2] for row in listed] == [
        ["line", "column"], ["4", "ordered_at"], ["4", "quantity"],
    ]  # fmt: skip
    assert kpi.value("orders", date(2026, 1, 1), date(2026, 1, 31)).value is None
    taken = run("import", "orders", str(path), "--skip-bad")
    assert taken.returncode == 0
    assert kpi.value("orders", date(2026, 1, 1), date(2026, 1, 31)).value == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("orders", "none.csv"), "none.csv cannot be read"),
        (("horses", "none.csv"), '"horses" cannot be imported; what can: orders'),
        (("orders", "none.csv", "--map", "sku"), '--map "sku" is not field=column'),
    ],
)
def test_an_import_that_cannot_begin_is_one_sentence_and_status_2(
    run: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    refused = run("import", *arguments)
    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_changed_zone_is_made_anew_by_its_command(run: Run, tmp_path: Path) -> None:
    run("import", "orders", str(write(tmp_path, HEADER, "1,2026-01-05T23:30:00,A,1,10")))
    tokyo = {"COMPANY_TIMEZONE": "Asia/Tokyo"}
    assert run("kpi", "orders", *RANGE, **tokyo).stdout == 'value\n""\n'
    assert "of 1 orders" in run("rollups", "rebuild", **tokyo).stdout
    assert (
        run("kpi", "orders", *RANGE, "--by", "day", **tokyo).stdout == "day,value\n2026-01-06,1\n"
    )


def test_the_list_holds_every_kpi(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("kpi", "list").stdout)))
    assert {"net_revenue", "dso", "oee", "cpu_pct"} <= {row["kpi"] for row in rows}
