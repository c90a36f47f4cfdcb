"""The Business page with orders, without any, and narrowed by a click."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.data.order_files import HEADER, write
from tests.product import RunningApp

RANGE = "from=2026-01-01&to=2026-01-31"
ROWS = (
    "1,2026-01-05,A,2,1000,web,C1,GB,400",
    "2,2026-01-06,B,1,500,shop,C2,FR,",
    "3,2026-01-20,A,1,1000,web,C1,GB,400",
    "4,2025-12-10,A,1,700,web,C3,GB,400",
)
Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def stocked(app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> RunningApp:
    """The product with four orders in it."""
    folder: Path = tmp_path_factory.mktemp("orders")
    file = write(folder, HEADER + ",channel,customer_id,country,unit_cost", *ROWS)
    done = app.manage("import", "orders", str(file))
    assert done.returncode == 0, done.stderr
    return app


def test_an_empty_database_says_what_to_do_next(app: RunningApp, signed_in: Opened) -> None:
    page = signed_in("business")
    expect(page.get_by_text("There are no orders yet.")).to_be_visible()
    page.get_by_role("link", name="Import orders").click()
    expect(page.get_by_role("heading", name="Import", exact=True)).to_be_visible()


def test_an_open_page_fills_by_itself_once_there_are_orders(
    signed_in: Opened, request: pytest.FixtureRequest
) -> None:
    page = signed_in(f"business?{RANGE}")
    page.clock.install()
    page.reload()
    expect(page.get_by_text("There are no orders yet.")).to_be_visible()
    request.getfixturevalue("stocked")
    page.clock.fast_forward(60_000)
    expect(page.get_by_role("listitem").filter(has_text="Net revenue").first).to_be_visible()
    expect(page.get_by_text("There are no orders yet.")).to_have_count(0)


def test_both_limits_of_a_range_can_be_typed_one_after_the_other(
    stocked: RunningApp, signed_in: Opened
) -> None:
    page = signed_in(f"business?{RANGE}")
    for name, day in (("from", "20260105"), ("to", "20260119")):
        limit = page.locator(f".st-key-sx-{name}-business")
        limit.get_by_role("spinbutton").first.click()
        page.keyboard.type(day)
    page.get_by_role("heading", name="Business", exact=True).click()
    page.wait_for_url("**/business?from=2026-01-05&to=2026-01-19")
    expect(page.get_by_role("listitem").filter(has_text="Net revenue").first).to_contain_text(
        "£2,500"
    )


def test_tiles_tell_value_change_source_and_target(stocked: RunningApp, signed_in: Opened) -> None:
    page = signed_in(f"business?{RANGE}")
    tile = page.get_by_role("listitem").filter(has_text="Net revenue").first
    expect(tile).to_contain_text("£3,500")
    expect(tile).to_contain_text("+400 %")
    expect(tile).to_contain_text("csv")
    margin = page.get_by_role("listitem").filter(has_text="Gross margin")
    expect(margin).to_contain_text("60")
    expect(margin).to_contain_text("Target")
    expect(margin).to_contain_text("Leaves out 1 line without a cost")
    for title in ("Net revenue by channel", "Channels", "Products", "What moved net revenue"):
        expect(page.get_by_role("heading", name=title)).to_be_visible()


def test_each_table_downloads_what_the_command_prints(
    stocked: RunningApp, signed_in: Opened
) -> None:
    page = signed_in(f"business?{RANGE}")
    with page.expect_download() as caught:
        page.locator(".st-key-by-channel").get_by_role("button", name="CSV", exact=True).click()
    lines = Path(caught.value.path()).read_text().splitlines()
    printed = stocked.manage("kpi", "net_revenue", "--from", "2026-01-01", "--to", "2026-01-31",
                             "--by", "channel").stdout.splitlines()  # fmt: skip
    shown = [line.split(",")[:2] for line in lines[1:]]
    assert [[name, float(number)] for name, number in shown] == [
        [name, float(number)] for name, number in (line.split(",") for line in printed[1:])
    ]


def test_the_filter_stands_in_the_url_and_is_taken_away(
    stocked: RunningApp, signed_in: Opened
) -> None:
    page = signed_in(f"business?{RANGE}&channel=shop")
    tile = page.get_by_role("listitem").filter(has_text="Net revenue").first
    expect(tile).to_contain_text("£500")
    page.get_by_role("button", name="Channel: shop").click()
    expect(tile).to_contain_text("£3,500")
    assert "channel=" not in page.url


def test_clicking_a_bar_narrows_the_page(stocked: RunningApp, signed_in: Opened) -> None:
    page = signed_in(f"business?{RANGE}")
    chart = page.locator(".st-key-by-channel canvas").first
    chart.scroll_into_view_if_needed()
    expect(chart).to_be_visible()
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] * 0.25, "y": 14})
    page.wait_for_url(re.compile("channel=web"))
    expect(page.get_by_role("button", name="Channel: web")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Net revenue").first).to_contain_text(
        "£3,000"
    )


@pytest.mark.parametrize(
    ("tab", "text"),
    [
        ("Top customers", "C1"),
        ("Countries", "FR"),
        ("Weekday and hour", ""),
        ("Who comes back", ""),
    ],
)
def test_each_tab_opens(stocked: RunningApp, signed_in: Opened, tab: str, text: str) -> None:
    page = signed_in(f"business?{RANGE}")
    page.get_by_role("tab", name=tab).click()
    panel = page.locator(f".st-key-details-{tab.replace(' ', '-')}")
    expect(panel).to_be_visible()
    expect(panel).not_to_contain_text("cannot be shown")
    expect(panel.get_by_role("button", name="CSV", exact=True).first).to_be_visible()


def test_the_page_fits_a_phone(stocked: RunningApp, signed_in: Opened) -> None:
    page = signed_in(f"business?{RANGE}")
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.get_by_role("listitem").filter(has_text="Net revenue").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_any_text_in_the_address_narrows_the_page_and_breaks_nothing(
    stocked: RunningApp, signed_in: Opened
) -> None:
    page = signed_in(f"business?{RANGE}&channel=web%00&country=%3Cb%3E**GB**")
    filters = page.locator(".st-key-business-filter")
    expect(filters.get_by_role("button", name="Channel: web", exact=False)).to_be_visible()
    expect(filters.get_by_role("button", name="Country: <b>**GB**", exact=False)).to_be_visible()
    expect(page.get_by_text("do not tell products by country")).to_be_visible()
    expect(page.get_by_text("cannot be shown")).to_have_count(0)


def test_an_open_page_wears_the_label_of_sample_data_while_there_is_any(
    stocked: RunningApp, signed_in: Opened
) -> None:
    page = signed_in(f"business?{RANGE}")
    label = page.get_by_text("Sample data: these figures")
    expect(page.get_by_role("heading", name="What moved net revenue")).to_be_visible()
    expect(label).to_have_count(0)
    assert stocked.manage("sample", "load", "--orders", "2000").returncode == 0
    page.get_by_role("tab", name="Countries").click()
    expect(label).to_be_visible()
    assert stocked.manage("sample", "remove").returncode == 0
    page.get_by_role("tab", name="Top customers").click()
    expect(label).to_have_count(0)
