"""What the Alerts page says and sounds, in a browser: names are text, mistakes stand one a line."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

from playwright.sync_api import Page, expect

from alerts import rulebook
from alerts.rules import Rule
from data import database as data
from tests.alerts.world import World
from tests.product import RunningApp

Open = Callable[..., Page]
NAME = "**Oven** [x](https://evil.example) <img src=x onerror=alert(1)> $1$ `code` _hot_"
MISTAKEN = """
[[rule]]
name = "A"
signal = "nope_*x*_nope"
threshold = 1
[[rule]]
name = "B"
signal = "system.cpu_pct"
threshold = "high"
"""


def test_the_mistakes_of_a_file_stand_one_a_line(
    app: RunningApp, signed_in: Open, tmp_path: Path
) -> None:
    file = tmp_path / "bad_*rules*.toml"
    file.write_text(MISTAKEN)
    page = signed_in("alerts?view=Rules")
    page.locator("input[type=file]").set_input_files(file, timeout=40000)
    page.get_by_role("button", name="Take over these rules").click(timeout=30000)
    told = page.get_by_test_id("stAlertContentError")
    expect(told).to_contain_text("line 9: threshold must be a number", timeout=30000)
    first, second = told.inner_text().strip().splitlines()
    assert first.startswith('bad_*rules*.toml, line 4: No signal is called "nope_*x*_nope"')
    assert second.startswith("bad_*rules*.toml, line 9: ")


def test_a_name_full_of_markup_is_told_as_it_is_written(app: RunningApp, signed_in: Open) -> None:
    page = signed_in("alerts?view=Rules")
    page.get_by_role("textbox", name="Name").fill(NAME, timeout=40000)
    page.get_by_role("textbox", name="Name").press("Tab")
    tried = page.get_by_text(re.compile("it would have paged|This signal has no history"))
    expect(tried.first).to_be_visible(timeout=40000)
    page.get_by_role("button", name="Save", exact=True).click()
    toast = page.get_by_test_id("stToast")
    said = NAME.replace("`", "")  # what stands in backquotes is code
    expect(toast).to_contain_text(f"{said}: saved.", timeout=30000)
    assert toast.locator("strong, em, img, .katex").count() == 0
    assert toast.get_by_role("link", name="x", exact=True).count() == 0
    with app.connected():
        assert rulebook.find(NAME).rule.threshold == 85


def test_each_alert_that_fires_on_an_open_board_is_heard(app: RunningApp, signed_in: Open) -> None:
    page = signed_in("alerts")
    page.evaluate("() => { document.addEventListener('play', () => "
                  "{ document.body.title += 'heard' }, true) }")  # fmt: skip
    page.get_by_text("Sound when an alert fires").click(timeout=40000)
    expect(page.get_by_text("the browser keeps silent")).to_be_visible(timeout=30000)
    page.wait_for_timeout(7000)  # one look of the board, which refreshes each 5 s
    for signal, heard in (("siren", "heard"), ("horn", "heardheard")):
        _fires(app, signal)
        expect(page.locator("body")).to_have_attribute("title", heard, timeout=30000)


def _fires(app: RunningApp, signal: str) -> None:
    """Judged until it fires: an instant that a cycle of the product has passed is not judged."""
    world = World()
    world.put(signal, datetime.now(UTC) - timedelta(seconds=30), 2.0)
    fired = "SELECT count(*) FROM alert_incidents WHERE rule_name = :rule"
    with app.connected():
        rulebook.save(
            Rule(signal, signal, 1.0, for_=timedelta(0), every=timedelta(seconds=7)), "Jo"
        )
        for _ in range(20):
            world.engine().evaluate(datetime.now(UTC), only=lambda rule: rule.signal == signal)
            if data.scalar(fired, rule=signal):
                return
            sleep(1)
    raise AssertionError(f"{signal} does not fire")
