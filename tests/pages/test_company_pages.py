"""Finance, inventory, production, targets and KPI stories in a browser, on the sample company."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from config import settings as settings_module
from data import database
from data.sample.load import load
from tests.product import RunningApp

LINES = 6_000


@pytest.fixture(scope="module", autouse=True)
def sample(app: RunningApp) -> None:
    """The sample company in the running product's database."""
    assert app.database_url is not None
    os.environ["DATABASE_URL"] = app.database_url
    settings_module.settings.cache_clear()
    database.stop()
    database.start()
    del os.environ["DATABASE_URL"]
    load(LINES)
    database.stop()


def _panels_work(page: Page) -> None:
    expect(page.get_by_text("Sample data: these figures")).to_be_visible()
    expect(page.get_by_text("cannot be shown")).to_have_count(0)


def test_finance_shows_every_figure_with_its_source(signed_in: Callable[..., Page]) -> None:
    page = signed_in("finance")
    for title in ("Cash runway", "Cash conversion cycle", "Days sales outstanding"):
        expect(page.get_by_role("link", name=title).first).to_be_visible()
    expect(page.get_by_text("Open documents")).to_be_visible()
    expect(page.get_by_text("All three together")).to_be_visible()
    _panels_work(page)


def test_inventory_explains_each_suggestion_on_hover(signed_in: Callable[..., Page]) -> None:
    page = signed_in("inventory")
    table = page.get_by_role("region", name="Products")
    expect(table.get_by_role("row", name="Black 70 cl")).to_be_visible()
    quantities = table.locator("td[title*='√(2 ×']")
    expect(quantities.first).to_be_attached()
    expect(page.get_by_text("Reorder point, computed")).to_be_visible()
    _panels_work(page)


def test_production_takes_a_stop_and_lets_the_line_run_again(
    signed_in: Callable[..., Page],
) -> None:
    page = signed_in("production")
    expect(page.get_by_text("Downtime by reason")).to_be_visible()
    page.get_by_role("textbox", name="Note").fill("belt torn")
    page.get_by_role("button", name="Stands still now").click()
    expect(page.get_by_text("Standing still now")).to_be_visible()
    expect(page.get_by_text("belt torn")).to_be_visible()
    page.get_by_role("button", name="Runs again").click()
    expect(page.get_by_text("Standing still now")).to_have_count(0)
    _panels_work(page)


def test_a_tile_opens_its_story_with_the_numbers_filled_in(
    signed_in: Callable[..., Page],
) -> None:
    page = signed_in("finance")
    page.get_by_role("link", name="Days sales outstanding").first.click()
    expect(page.get_by_role("heading", name="Days sales outstanding")).to_be_visible()
    expect(page.get_by_text("× 365 =")).to_be_visible()
    expect(page.get_by_text("Rows beneath")).to_be_visible()
    _panels_work(page)


def test_a_new_target_is_used_at_once(signed_in: Callable[..., Page]) -> None:
    page = signed_in("targets?kpi=dso")
    page.get_by_label("Target, days").fill("7")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_text("is held against the new bounds")).to_be_visible()
    page.goto(page.url.replace("targets?kpi=dso", "kpi?kpi=dso"))
    expect(page.get_by_text("Target ≤ 7 d").first).to_be_visible()


def test_a_note_is_written_changed_removed_and_brought_back(
    signed_in: Callable[..., Page],
) -> None:
    page = signed_in("kpi?kpi=net_revenue")
    page.get_by_role("button", name="Write a note").click()
    page.get_by_role("textbox", name="Note").fill("Trade *fair*")
    page.get_by_role("button", name="Add note").click()
    notes = page.locator(".st-key-notes")
    expect(notes.get_by_text("Trade *fair*")).to_be_visible()
    notes.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Note").fill("Harvest fair")
    page.get_by_role("button", name="Save").click()
    expect(notes.get_by_text("Harvest fair")).to_be_visible()
    notes.get_by_role("button", name="Remove").click()
    expect(notes.get_by_text("Harvest fair")).to_have_count(0)
    notes.get_by_role("button", name="Undo").click()
    expect(notes.get_by_text("Harvest fair")).to_be_visible()
    page.goto(page.url.split("/kpi")[0] + "/overview")
    expect(page.locator(".st-key-overview-notes").get_by_text("Harvest fair")).to_be_visible()


def test_net_revenue_is_told_with_its_parts(signed_in: Callable[..., Page]) -> None:
    page = signed_in("kpi?kpi=net_revenue")
    expect(page.get_by_text("− refunds £")).to_be_visible()
    _panels_work(page)


def test_a_page_that_is_printed_has_figures_and_no_controls(signed_in: Callable[..., Page]) -> None:
    page = signed_in("production")
    expect(page.get_by_text("In figures")).to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("radio", name="Line", exact=True)).to_be_visible()
    expect(page.get_by_role("radio", name="Shift")).to_be_hidden()
    expect(page.get_by_role("button", name="Enter run")).to_be_hidden()
    canvas = "getComputedStyle(document.querySelector('[data-testid=stMain] canvas'))"
    page.wait_for_function(f"{canvas}.filter.includes('invert')")
    assert page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor") in (
        "rgb(255, 255, 255)", "white",
    )  # fmt: skip


def test_what_stands_side_by_side_is_printed_so(signed_in: Callable[..., Page]) -> None:
    page = signed_in("finance")
    expect(page.get_by_text("Working capital").first).to_be_visible()
    page.emulate_media(media="print")
    columns = "[...document.querySelectorAll('.stHorizontalBlock > .stColumn')].slice(0, 2)"
    # Both at one moment: what stands above them may still be arriving.
    page.wait_for_function(
        f"(([left, right]) => left.y === right.y && Math.abs(left.width - right.width) < 2)"
        f"({columns}.map(column => column.getBoundingClientRect()))"
    )


def test_every_tile_of_the_overview_leads_to_its_story_with_the_same_period(
    signed_in: Callable[..., Page],
) -> None:
    page = signed_in("overview?range=90d")
    page.get_by_role("link", name="On-time delivery").last.click()
    expect(page.get_by_role("heading", name="On-time delivery")).to_be_visible()
    assert "range=90d" in page.url
    _panels_work(page)
