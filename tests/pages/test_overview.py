"""The Overview: what needs attention first, each line leading on, and only what a role may see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import combinations

import psycopg2
import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from auth import roles
from config.kpis import HOMES, KPIS
from pages import overview_data
from tests.product import ADMIN_PASSWORD, RunningApp, sign_in

_SOON_MS = 30_000
_FIRES = """
    INSERT INTO alert_incidents (rule_name, fingerprint, labels, severity, condition, group_key,
        channels, repeat_s, active_since, fired_at, acknowledged_at, acknowledged_by)
    VALUES (%s, %s, '{}', %s, %s, '', '[]', 3600, now() - interval '10 minutes',
        now() - interval '7 minutes', %s, %s)
"""


@pytest.fixture(scope="module")
def tab(app: RunningApp, browser: Browser) -> Iterator[Tab]:
    """An admin at the Overview, with two alerts firing."""
    connection = psycopg2.connect(app.database_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(_FIRES, ("Ovens <too> hot", "a", "critical", "above 90 °C", None, None))
        cursor.execute(
            _FIRES, ("Backup missing", "b", "warning", "older than 26 h", datetime.now(UTC), "ada")
        )
    connection.close()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(_SOON_MS)
    opened = context.new_page()
    sign_in(opened, f"{app.url}/overview", "admin", ADMIN_PASSWORD)
    yield opened
    context.close()


def _open(tab: Tab, app: RunningApp, query: str = "") -> None:
    tab.goto(f"{app.url}/overview{query}")
    tab.locator(".sx-items, .sx-calm").first.wait_for()


def test_what_fires_stands_first_with_since_when_and_who_has_it(tab: Tab, app: RunningApp) -> None:
    _open(tab, app)
    hot = tab.locator(".sx-item", has_text="Ovens <too> hot")
    expect(hot).to_contain_text("above 90 °C")
    expect(hot).to_contain_text("since 7 min")
    expect(hot).to_contain_text("nobody has it yet")
    expect(hot.get_by_role("img", name="critical")).to_be_visible()
    expect(tab.locator(".sx-item", has_text="Backup missing")).to_contain_text("ada has it")


def test_on_a_phone_no_part_of_a_line_lies_on_another(tab: Tab, app: RunningApp) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto(f"{app.url}/overview")
    line = tab.locator(".sx-item").filter(has=tab.locator(".sx-item-side + .sx-item-side")).first
    expect(line).to_be_visible(timeout=30000)
    boxes = line.locator("> span").evaluate_all(
        "parts => parts.map(part => { const box = part.getBoundingClientRect().toJSON();"
        " return {...box, right: Math.max(box.right, box.left + part.scrollWidth)}; })"
    )
    tab.set_viewport_size({"width": 1440, "height": 900})
    assert len(boxes) == 5
    for one, other in combinations(boxes, 2):
        beside = one["right"] <= other["left"] or other["right"] <= one["left"]
        assert beside or one["bottom"] <= other["top"] or other["bottom"] <= one["top"]


def test_a_line_leads_on_without_loading_the_page_anew(tab: Tab, app: RunningApp) -> None:
    _open(tab, app)
    tab.evaluate("window.still = true")
    tab.locator("a.sx-item", has_text="Ovens").click()
    tab.get_by_role("heading", name="Alerts", level=1).wait_for()
    assert tab.url.split("?")[0] == f"{app.url}/alerts"
    assert tab.evaluate("window.still") is True
    tab.go_back()
    tab.get_by_role("heading", name="Overview", level=1).wait_for()


def test_the_period_stays_from_page_to_page(tab: Tab, app: RunningApp) -> None:
    _open(tab, app, "?range=90d&against=year")
    tab.get_by_role("link", name="Finance").click()
    tab.get_by_role("heading", name="Finance", level=1).wait_for()
    tab.wait_for_url("**/finance?*range=90d*")
    assert "against=year" in tab.url


def test_without_data_the_page_says_what_to_do_next(tab: Tab, app: RunningApp) -> None:
    _open(tab, app)
    expect(tab.get_by_text("There are no business figures yet.")).to_be_visible()
    tab.get_by_role("link", name="Import", exact=True).last.click()
    tab.wait_for_url("**/imports*")


def test_light_and_dark_are_a_persons_choice(tab: Tab, app: RunningApp) -> None:
    _open(tab, app)
    scheme = "getComputedStyle(document.querySelector('.stApp')).colorScheme"
    assert tab.evaluate(scheme) == "light"
    tab.get_by_role("button", name="Light or dark").click()
    tab.wait_for_function(f"() => document.querySelector('.stApp') && {scheme} === 'dark'")
    tab.goto(f"{app.url}/performance")
    tab.locator(".sx-tile").first.wait_for()
    assert tab.evaluate(scheme) == "dark"
    tab.get_by_role("button", name="Light or dark").click()
    tab.wait_for_function(f"() => document.querySelector('.stApp') && {scheme} === 'light'")


def test_the_keyboard_reaches_every_line_and_shows_where_it_is(tab: Tab, app: RunningApp) -> None:
    _open(tab, app)
    tab.locator("a.sx-item").first.focus()
    tab.keyboard.press("Tab")
    outline = tab.evaluate(
        "(() => { const style = getComputedStyle(document.activeElement);"
        "return [style.outlineStyle, parseFloat(style.outlineWidth)]; })()"
    )
    assert outline[0] == "solid"
    assert outline[1] >= 2


def test_a_printed_page_has_no_controls(tab: Tab, app: RunningApp) -> None:
    _open(tab, app)
    tab.emulate_media(media="print")
    try:
        expect(tab.get_by_test_id("stSidebar")).to_be_hidden()
        expect(tab.get_by_role("button", name="Pause").first).to_be_hidden()
        expect(tab.locator(".sx-item").first).to_be_visible()
        assert len(tab.pdf()) > 5_000
    finally:
        tab.emulate_media(media="screen")


@pytest.mark.parametrize("role", roles.ROLES)
def test_a_headline_holds_only_what_the_role_may_read(role: str) -> None:
    slugs = overview_data.headline(role)
    assert len(slugs) == 8
    for slug in slugs:
        assert roles.can(role, HOMES[KPIS[slug].area])


def test_every_area_of_the_catalogue_has_a_home() -> None:
    assert {entry.area for entry in KPIS.values()} <= HOMES.keys()
