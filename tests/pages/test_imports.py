"""The Import page: from a file with other headers to figures, and what it refuses."""

from __future__ import annotations

import csv
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config import settings as settings_module
from data import database as stored
from data.ingest import background
from data.queries import imports
from tests.data.order_files import HEADER, write
from tests.product import ADMIN_PASSWORD, RunningApp
from tests.server.front_door import sql
from tests.server.severed import Line

Opened = Callable[..., Page]


def _upload(page: Page, path: Path) -> None:
    page.locator("input[type=file]").set_input_files(path)


def _value(app: RunningApp, slug: str) -> str:
    return app.manage("kpi", slug, "--from", "2026-01-01", "--to", "2026-12-31").stdout.split()[-1]


def test_a_file_is_mapped_previewed_and_imported(
    app: RunningApp, signed_in: Opened, tmp_path: Path
) -> None:
    file = write(tmp_path, "Bestellung,ordered_at,sku,quantity,unit_price", "1,2026-01-05,A,2,10")
    page = signed_in("imports")
    _upload(page, file)
    expect(page.get_by_text("Choose the column of order_id.")).to_be_visible()
    start = page.get_by_role("button", name="Import", exact=True)
    expect(start).to_be_disabled()
    page.get_by_role("combobox", name="order_id *").click()
    page.get_by_role("option", name="Bestellung", exact=True).click()
    start.click()
    told = page.get_by_role("status").get_by_text("orders.csv: 1 rows read; 1 new orders")
    expect(told).to_be_visible(timeout=30_000)
    assert _value(app, "net_revenue") == "20"


def test_bad_rows_are_listed_and_can_be_left_out(
    app: RunningApp, signed_in: Opened, tmp_path: Path
) -> None:
    before = _value(app, "orders")
    file = write(tmp_path, HEADER, "8,2026-02-05,A,2,10", "9,never,A,x,10", name="bad.csv")
    page = signed_in("imports")
    _upload(page, file)
    page.get_by_role("button", name="Import", exact=True).click()
    refusal = page.get_by_text("bad.csv has 1 bad rows of 2 and nothing of it was taken")
    expect(refusal.first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("2 bad values in 1 rows.")).to_be_visible()
    with page.expect_download() as caught:
        page.get_by_role("button", name="CSV").first.click()
    assert Path(caught.value.path()).read_text().splitlines()[1].startswith("3,ordered_at,")
    assert _value(app, "orders") == before
    _upload(page, file)
    page.get_by_text("Leave bad rows out and take the good ones").click()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("1 bad rows left out").first).to_be_visible(timeout=30_000)
    assert int(_value(app, "orders")) == int(before) + 1


def test_a_file_that_is_no_csv_is_refused_at_once(
    app: RunningApp, signed_in: Opened, tmp_path: Path
) -> None:
    path = tmp_path / "book.csv"
    path.write_bytes(b"PK\x03\x04rest")
    page = signed_in("imports")
    _upload(page, path)
    expect(page.get_by_text("book.csv is a workbook or zip archive")).to_be_visible()


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("Ä".encode("latin-1"), "is not UTF-8 text; save the file as CSV (UTF-8)."),
        (b"A\0", "holds a NUL byte; the file is damaged, export it again."),
        ("\ud800".encode("utf-8", "surrogatepass"), "is not UTF-8 text"),
    ],
    ids=["latin-1", "NUL", "lone surrogate"],
)
def test_rows_that_are_no_text_are_refused_with_their_line_and_the_page_goes_on(
    app: RunningApp, signed_in: Opened, tmp_path: Path, bad: bytes, why: str
) -> None:
    before = _value(app, "orders")
    path = tmp_path / "rows.csv"
    path.write_bytes(f"{HEADER}\n7,2026-02-05,A,2,10\n7,2026-02-05,".encode() + bad + b",2,10\n")
    page = signed_in("imports")
    _upload(page, path)
    expect(page.get_by_text(f"rows.csv: line 3 {why}")).to_be_visible()
    expect(page.get_by_text("could not be shown")).to_have_count(0)
    expect(page.get_by_text("cannot be shown")).to_have_count(0)
    expect(page.get_by_role("button", name="Import", exact=True)).to_have_count(0)
    assert _value(app, "orders") == before
    _upload(page, write(tmp_path, HEADER, "7,2026-02-05,A,2,10"))
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_enabled()


def test_recent_imports_say_in_words_what_became_of_each(
    app: RunningApp, signed_in: Opened
) -> None:
    columns = "dataset, file_name, started_by, state, beat_at, message"
    for values in (
        "'purchase-orders', 'dead.csv', 'ann', 'running', now() - interval '5 min', NULL",
        "'stock', 'none.csv', 'ann', 'refused', now(), 'none.csv has a header but no rows.'",
    ):
        sql(app, f"INSERT INTO imports ({columns}) VALUES ({values})")
    page = signed_in("imports")
    with page.expect_download() as caught:
        page.get_by_role("button", name="CSV").first.click()
    rows = list(csv.DictReader(Path(caught.value.path()).read_text().splitlines()))
    said = {row["file_name"]: row for row in rows}
    assert said["dead.csv"]["message"] == "It stopped and nothing was taken; import the file again."
    assert said["dead.csv"]["dataset"] == "Purchase orders"
    assert (said["none.csv"]["state"], said["none.csv"]["rows_read"]) == ("Refused", "")


def test_a_download_is_in_the_trail_with_its_page_filters_and_rows(
    app: RunningApp, signed_in: Opened
) -> None:
    sql(app, "INSERT INTO imports (dataset, file_name, started_by) VALUES ('stock', 'a', 'ann')")
    page = signed_in("imports?dataset=orders")
    with page.expect_download() as caught:
        page.get_by_role("button", name="CSV").first.click()
    rows = len(Path(caught.value.path()).read_text().splitlines()) - 1
    told = sql(app, "SELECT actor, object, address, detail FROM audit WHERE action = 'export' "
               "ORDER BY id DESC LIMIT 1")[0]  # fmt: skip
    where = {"page": "/imports", "filters": {"dataset": "orders"}, "rows": rows}
    assert told == ("admin", "imports", "127.0.0.1", where)


def test_a_viewer_is_told_who_can_grant_it(app: RunningApp, signed_in: Opened) -> None:
    added = app.manage("users", "add", "vera", "--role", "viewer", stdin=f"{ADMIN_PASSWORD}\n" * 2)
    assert added.returncode == 0, added.stderr
    page = signed_in("imports", "vera", ADMIN_PASSWORD)
    expect(page.get_by_text("may not import into business")).to_be_visible()
    expect(page.locator("input[type=file]")).to_have_count(0)


@pytest.mark.usefixtures("database", "home")
def test_an_import_that_dies_is_shown_as_stopped(tmp_path: Path) -> None:
    from data import database

    database.execute(
        "INSERT INTO imports (dataset, file_name, started_by, beat_at) "
        "VALUES ('orders', 'x.csv', 'ann', now() - interval '5 min')"
    )
    found = imports.one(1)
    assert found is not None
    assert (found["state"], found["message"]) == ("failed", None)


@pytest.mark.usefixtures("database", "home")
def test_an_upload_is_kept_for_its_owner_alone_and_goes_after_a_day() -> None:
    import os

    path = background.keep("1-a", b"x")
    assert path.stat().st_mode & 0o077 == 0
    os.utime(path, (0, 0))
    background.keep("1-b", b"y")
    assert not path.exists()


@pytest.fixture
def line(database: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """The way to the database, with one import under way in it."""
    made = Line(database)
    monkeypatch.setenv("DATABASE_URL", made.url)
    settings_module.settings.cache_clear()
    stored.stop()
    stored.start()
    stored.execute(
        "INSERT INTO imports (dataset, file_name, started_by) VALUES ('orders', 'x', 'a')"
    )
    yield made
    stored.stop()
    monkeypatch.undo()
    settings_module.settings.cache_clear()


def test_how_an_import_ended_is_written_once_the_database_is_back(line: Line) -> None:
    path = background.keep("1-x", f"{HEADER}\n".encode())
    fields = {"kind": "orders", "path": str(path), "name": "x.csv", "mapping": {}}
    running = threading.Thread(target=background.run, args=(json.dumps([1, fields]),))
    line.cut()
    running.start()
    time.sleep(0.5)
    assert running.is_alive()
    assert path.exists()
    line.mend()
    running.join(10)
    assert stored.scalar("SELECT state FROM imports WHERE finished_at IS NOT NULL") != "running"
    assert not path.exists()


def test_an_import_goes_on_beating_after_the_database_was_away(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "_BEAT_S", 0.05)
    beat = background._Beat(1)
    beating = threading.Thread(target=beat.run)
    line.cut()
    beating.start()
    time.sleep(0.5)
    line.mend()
    beat.told(7, 70)
    for _ in range(100):
        if stored.scalar("SELECT rows_read FROM imports") == 7:
            break
        time.sleep(0.05)
    beat.over.set()
    beating.join(5)
    assert stored.scalar("SELECT rows_read FROM imports") == 7
