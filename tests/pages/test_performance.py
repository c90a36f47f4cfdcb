"""The Performance page as an operator has it open: it moves by itself, in place, until paused."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from tests.product import ADMIN_PASSWORD, RunningApp, sign_in
from tests.server.processes import eventually

_CHART = '[data-testid="stEChartsChart"]'
_OTHER_SAMPLE = """known => {
    const line = document.querySelector('.sx-live');
    return line && line.dataset.sxAge && !line.dataset.sxAge.startsWith(known);
}"""
_SOON_MS = 30_000
Database = Callable[[str], None]


@pytest.fixture(scope="module")
def tab(app: RunningApp, browser: Browser) -> Iterator[Tab]:
    """An admin at the Performance page, with samples arriving."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    opened = context.new_page()
    sign_in(opened, f"{app.url}/performance", "admin", ADMIN_PASSWORD)
    opened.locator(f"{_CHART} canvas").first.wait_for()
    yield opened
    context.close()


@pytest.fixture
def sql(app: RunningApp) -> Database:
    """Run a statement in the product's database."""

    def run(statement: str) -> None:
        connection = psycopg2.connect(app.database_url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    return run


def _open(tab: Tab, app: RunningApp, query: str = "") -> None:
    tab.goto(f"{app.url}/performance{query}")
    tab.locator(".sx-live").wait_for()
    tab.locator(f"{_CHART} canvas").first.wait_for()


def _sample(tab: Tab) -> str:
    """Instant of the newest sample that the page knows."""
    found: str = tab.locator(".sx-live").get_attribute("data-sx-age") or ""
    return found.split(" ", 1)[0]


def test_tiles_show_the_host_with_its_limits(tab: Tab, app: RunningApp) -> None:
    _open(tab, app)
    tiles = tab.get_by_role("list", name="Key figures").get_by_role("listitem")
    expect(tiles).to_have_count(8)
    expect(tiles.nth(0)).to_contain_text("CPU")
    expect(tiles.nth(0)).to_contain_text("Limit ≤ 80 %")
    expect(tiles.nth(1)).to_contain_text("Limit ≤ 85 %")
    expect(tiles.nth(2)).to_contain_text("Limit ≤ 2 s")
    expect(tiles.nth(3)).to_contain_text("Limit ≤ 1 %")
    expect(tiles.nth(1).locator(".sx-value")).to_contain_text("%")


def test_charts_move_in_place_without_a_scroll_jump(tab: Tab, app: RunningApp) -> None:
    _open(tab, app)
    expect(tab.get_by_test_id("stSkeleton")).to_have_count(0)
    tab.evaluate(
        """() => {
            window.kept = [...document.querySelectorAll('[data-testid=stEChartsChart] canvas')];
            window.gone = 0;
            new MutationObserver((changes) => changes.forEach((change) =>
                change.removedNodes.forEach((node) => {
                    if (node.querySelector && node.querySelector('canvas')) window.gone += 1;
                }))).observe(document.querySelector('[data-testid=stMain]'),
                             {childList: true, subtree: true});
            document.querySelector('[data-testid=stMain]').scrollTo(0, 200);
        }"""
    )
    before, picture = _sample(tab), tab.evaluate("window.kept[0].toDataURL()")
    tab.wait_for_function(_OTHER_SAMPLE, arg=before)
    tab.wait_for_function("picture => window.kept[0].toDataURL() !== picture", arg=picture)
    assert tab.evaluate("window.kept.every((canvas) => canvas.isConnected)")
    assert tab.evaluate("window.gone") == 0
    assert tab.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 200


def test_what_moves_by_itself_is_counted_apart_from_whole_runs(tab: Tab, app: RunningApp) -> None:
    def runs(part: str) -> float:
        series = f'sentia_page_run_duration_seconds_count{{page="performance",part="{part}"}} '
        counts = [line for line in app.get("/metrics")[1].splitlines() if line.startswith(series)]
        return float(counts[0].removeprefix(series)) if counts else 0

    _open(tab, app)
    whole, drawn, before = runs("page"), runs("refresh"), _sample(tab)
    tab.wait_for_function(_OTHER_SAMPLE, arg=before)
    eventually(lambda: runs("refresh") > drawn, 10)
    assert runs("page") == whole


def test_pause_holds_the_picture_and_stands_in_the_link(tab: Tab, app: RunningApp) -> None:
    _open(tab, app)
    tab.get_by_role("button", name="Pause").first.click()
    tab.get_by_role("button", name="Resume").first.wait_for()
    assert "refresh=off" in tab.url
    tab.wait_for_timeout(500)
    held = _sample(tab)
    tab.wait_for_timeout(11_000)
    assert _sample(tab) == held
    tab.get_by_role("button", name="Resume").first.click()
    tab.wait_for_function(_OTHER_SAMPLE, arg=held)


def test_a_silent_worker_turns_the_age_amber_between_two_refreshes(
    tab: Tab, app: RunningApp, sql: Database
) -> None:
    _open(tab, app, "?refresh=off")
    expect(tab.locator(".sx-live")).not_to_have_class("sx-live sx-stale")
    tab.locator(".sx-live.sx-stale").wait_for()
    expect(tab.locator(".sx-live")).to_contain_text("stale")


@pytest.mark.parametrize("choice", ["Last 5 minutes", "Last 24 hours", "Last 12 months"])
def test_any_range_is_one_choice_away_and_in_the_link(
    tab: Tab, app: RunningApp, sql: Database, choice: str
) -> None:
    # Long ranges show whole minutes, and a product just started has not seen one.
    sql(
        "INSERT INTO metric_minutes (at, instance, samples, cpu_pct) "
        "SELECT date_trunc('minute', now()) - interval '2 minutes', min(instance), 12, 50 "
        "FROM metric_samples ON CONFLICT DO NOTHING"
    )
    _open(tab, app)
    tab.get_by_role("combobox", name="Time range").click()
    tab.get_by_role("option", name=choice).click()
    tab.wait_for_url("**range=*")
    tab.locator(f"{_CHART} canvas").first.wait_for()
    reopened = {"Last 5 minutes": "5m", "Last 24 hours": "24h", "Last 12 months": "12m"}[choice]
    assert f"range={reopened}" in tab.url
    tab.reload()
    expect(tab.get_by_role("combobox", name="Time range")).to_have_value(choice, timeout=_SOON_MS)


def test_a_broken_link_gets_a_sentence_and_the_default(tab: Tab, app: RunningApp) -> None:
    _open(tab, app, "?range=fortnight")
    expect(tab.get_by_role("alert")).to_contain_text(
        "“fortnight”, which does not exist.", timeout=_SOON_MS
    )
    expect(tab.get_by_role("combobox", name="Time range")).to_have_value(
        "Last 15 minutes", timeout=_SOON_MS
    )


def test_each_view_has_its_charts_and_its_own_link(tab: Tab, app: RunningApp) -> None:
    _open(tab, app)
    for view, words in (
        ("Host", "CPU by core"),
        ("Application", "Slowest requests"),
        ("Database", "Slowest statements"),
        ("Worker", "Jobs of the worker"),
    ):
        tab.get_by_role("tab", name=view).click()
        tab.get_by_role("heading", name=words).wait_for()
        tab.wait_for_url(f"**view={view}*")


def test_the_file_of_a_chart_is_its_frame(tab: Tab, app: RunningApp, tmp_path: Path) -> None:
    _open(tab, app, "?range=5m")
    buttons = tab.get_by_role("button", name="CSV")
    expect(buttons).to_have_count(9, timeout=_SOON_MS)
    with tab.expect_download() as waiting:
        buttons.first.click()
    file = tmp_path / "cpu.csv"
    waiting.value.save_as(file)
    assert waiting.value.suggested_filename == "cpu.csv"
    rows = list(csv.DictReader(file.open(newline="")))
    assert set(rows[0]) == {"at", "cpu_pct", "cpu_user_pct", "cpu_system_pct", "cpu_iowait_pct"}
    assert 0 <= float(rows[-1]["cpu_pct"]) <= 100


def test_a_phone_shows_two_tiles_abreast_and_nothing_sideways(tab: Tab, app: RunningApp) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    try:
        _open(tab, app)
        tab.wait_for_timeout(500)
        assert (
            tab.evaluate(
                "(() => { const m = document.querySelector('[data-testid=stMain]');"
                "return m.scrollWidth - m.clientWidth; })()"
            )
            <= 0
        )
        boxes = [tab.locator(".sx-cell").nth(at).bounding_box() for at in range(3)]
        assert boxes[0] and boxes[1] and boxes[2]
        assert boxes[0]["y"] == boxes[1]["y"] < boxes[2]["y"]
        chart = tab.locator(_CHART).first.bounding_box()
        assert chart and chart["width"] > 290
        sidebar = tab.get_by_test_id("stSidebar").bounding_box()
        assert sidebar is None or sidebar["x"] + sidebar["width"] <= 0
    finally:
        tab.set_viewport_size({"width": 1440, "height": 900})


def test_dark_is_a_theme_of_its_own(app: RunningApp, tab: Tab) -> None:
    tab.emulate_media(color_scheme="dark")
    try:
        _open(tab, app)
        ground = tab.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        card = tab.evaluate("getComputedStyle(document.querySelector('.sx-tile')).backgroundColor")
        ink = tab.evaluate("getComputedStyle(document.querySelector('.sx-value')).color")
        assert (ground, card) == ("rgb(13, 18, 19)", "rgb(21, 28, 29)")
        assert ink != "rgb(22, 32, 31)"
    finally:
        tab.emulate_media(color_scheme="light")


def test_no_chrome_of_the_framework_is_seen(tab: Tab, app: RunningApp) -> None:
    _open(tab, app)
    for chrome in ("stMainMenu", "stAppDeployButton", "stStatusWidget", "stDecoration"):
        expect(tab.get_by_test_id(chrome)).to_be_hidden()
    assert "Streamlit" not in tab.locator("body").inner_text()
    assert "Streamlit" not in tab.title()


def test_a_stopped_database_is_said_and_the_page_comes_back(
    tab: Tab, app: RunningApp, sql: Database
) -> None:
    _open(tab, app)
    name = (app.database_url or "").split("?")[0].rsplit("/", 1)[1]
    maintenance = (app.database_url or "").replace(f"/{name}", "/postgres")
    keeper = psycopg2.connect(maintenance)
    keeper.autocommit = True
    with keeper.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        try:
            expect(tab.get_by_text("The database cannot be reached").first).to_be_visible(
                timeout=_SOON_MS
            )
        finally:
            cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    keeper.close()
    expect(tab.locator(".sx-live")).to_be_visible(timeout=_SOON_MS)
    expect(tab.get_by_role("list", name="Key figures")).to_be_visible(timeout=_SOON_MS)
