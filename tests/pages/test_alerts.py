"""The Alerts page as people use it, in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, expect

from alerts import oncall, people, rulebook
from alerts.labels import parse_matchers
from alerts.rules import Rule
from auth import people as accounts
from data import database as data
from tests.alerts.world import World, channel
from tests.product import RunningApp

PASSWORD = "seven quiet otters swim"
SEVEN = timedelta(seconds=7)  # an interval of its own, which the running product has not judged
Open = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def firing(app: RunningApp) -> None:
    """Two label sets of a made-up signal fire; the product's own judging keeps them, in error."""
    with app.connected():
        rulebook.install_defaults()
        now = datetime.now(UTC)
        rulebook.save(
            Rule("Oven hot", "oven", 80.0, for_=timedelta(0), severity="critical",
                 description="Turn it down.", runbook="https://wiki.example.com/oven"),
            "Jo",
        )  # fmt: skip
        world = World()
        for line in ("1", "2"):
            world.put("oven", now - timedelta(seconds=30), 91.5, line)
        world.engine().evaluate(now, only=lambda rule: rule.signal == "oven")
        accounts.add("vera", "viewer", password=PASSWORD)
        people.silence(parse_matchers('rule="Nothing"'), now, now + timedelta(hours=1), "x", "Jo")


def test_what_fires_is_seen_and_can_be_taken_on(app: RunningApp, signed_in: Open) -> None:
    page = signed_in("alerts")
    expect(page.get_by_role("link", name="Oven hot")).to_have_count(2, timeout=30000)
    expect(page.get_by_text("nobody has it yet")).to_have_count(2)
    page.wait_for_timeout(5000)
    page.get_by_role("textbox", name="Note").fill("on it", timeout=30000)
    page.get_by_role("button", name="Acknowledge").click(timeout=30000)
    expect(page.get_by_text("Administrator has it")).to_have_count(2, timeout=30000)


def test_an_alert_has_a_page_of_its_own_with_its_story(app: RunningApp, signed_in: Open) -> None:
    page = signed_in("alerts?alert=1")
    expect(page.get_by_role("heading", name="Oven hot")).to_be_visible(timeout=30000)
    expect(page.get_by_role("link", name="Open the runbook")).to_have_attribute(
        "href", "https://wiki.example.com/oven"
    )
    page.get_by_role("textbox", name="Note").fill("called the plant")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_text("the note is written down")).to_be_visible(timeout=30000)
    with app.connected():
        notes = data.read("SELECT kind, author, body FROM alert_notes WHERE kind = 'note'")
    assert [tuple(row.values()) for row in notes] == [("note", "Administrator", "called the plant")]


def test_a_number_without_an_alert_says_so(app: RunningApp, signed_in: Open) -> None:
    page = signed_in("alerts?alert=999")
    expect(page.get_by_text("There is no alert 999.")).to_be_visible(timeout=30000)


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("Now", "Nobody has it"),
        ("History", "Time to acknowledge"),
        ("Rules", "Import"),
        ("Channels", "Nobody is told of alerts yet."),
        ("Silences", "Maintenance windows"),
        ("On call", "Escalation policies"),
    ],
)
def test_every_view_opens_by_its_address(
    app: RunningApp, signed_in: Open, view: str, words: str
) -> None:
    page = signed_in(f"alerts?view={view}")
    expect(page.get_by_text(words).first).to_be_visible(timeout=30000)
    assert page.get_by_text("cannot be shown").count() == 0
    assert page.get_by_test_id("stException").count() == 0


def test_a_rule_is_made_in_the_editor_and_tried_before_it_is_saved(
    app: RunningApp, signed_in: Open
) -> None:
    with app.connected():  # a minute that is over, which a product just started has not seen yet
        data.execute(
            "INSERT INTO metric_minutes (at, instance, samples, cpu_pct) "
            "VALUES (date_trunc('minute', now()) - interval '2 minutes', 'press hall', 12, 50)"
        )
    page = signed_in("alerts?view=Rules")
    page.get_by_role("textbox", name="Name").fill("CPU over the moon")
    page.get_by_role("textbox", name="Name").press("Tab")
    expect(page.get_by_text("it would have paged").first).to_be_visible(timeout=40000)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("CPU over the moon: saved.")).to_be_visible(timeout=30000)
    with app.connected():
        assert rulebook.find("CPU over the moon").rule.threshold == 85


def test_a_viewer_sees_but_changes_nothing(app: RunningApp, signed_in: Open) -> None:
    page = signed_in("alerts", "vera", PASSWORD)
    expect(page.get_by_role("link", name="Oven hot")).to_have_count(2, timeout=30000)
    assert page.get_by_role("button", name="Acknowledge").count() == 0
    page.goto(f"{app.url}/alerts?view=Rules")
    expect(page.get_by_text("rules").first).to_be_visible(timeout=30000)
    assert page.get_by_text("Editor").count() == 0


def _choose(page: Page, within: Locator, box: str, option: str) -> None:
    """Pick an option; a list that a redraw of the page has closed is opened again."""
    wanted = page.get_by_role("option", name=option, exact=True).first
    for _ in range(5):
        within.get_by_role("combobox", name=re.compile(box)).last.click()
        with suppress(PlaywrightError):
            wanted.click(timeout=3000)
            break
        page.keyboard.press("Escape")
    else:
        raise AssertionError(f"{box} offers no {option}")
    page.keyboard.press("Tab")  # Escape would empty a box whose list is closed already


def test_a_silence_and_a_maintenance_window_are_planned(app: RunningApp, signed_in: Open) -> None:
    page = signed_in("alerts?view=Silences")
    form = page.get_by_test_id("stForm").first
    form.get_by_role("textbox", name="Alerts that match").fill('team="plant"')
    form.get_by_role("textbox", name="Reason").fill("repair")
    form.get_by_role("button", name="Silence").click()
    expect(page.get_by_text('team="plant": silenced.')).to_be_visible(timeout=30000)
    form = page.get_by_test_id("stForm").last
    form.get_by_role("textbox", name="Name", exact=True).fill("Sunday")
    form.get_by_role("textbox", name="Alerts that match").fill('team="plant"')
    form.get_by_role("textbox", name="Reason").fill("patching")
    _choose(page, form, "Repeats", "weekly")
    _choose(page, form, "On", "Sunday")
    form.get_by_role("button", name="Plan").click()
    expect(page.get_by_text("Sunday: planned.")).to_be_visible(timeout=30000)
    with app.connected():
        windows = data.read("SELECT name, repeats, weekdays FROM alert_windows")
    assert [list(row.values()) for row in windows] == [["Sunday", "weekly", [6]]]


def test_a_rota_and_a_policy_are_made_and_changed_from_what_is_stored(
    app: RunningApp, signed_in: Open
) -> None:
    with app.connected():
        channel("pager")
    page = signed_in("alerts?view=On call")
    body = page.locator("body")

    def opened(what: str, picked: str = "") -> None:
        page.goto(f"{app.url}/alerts?view=On call")
        page.get_by_text(f"Add or change a {what}").click(timeout=30000)
        if picked:
            _choose(page, page.locator(f".st-key-{what}-picked"), "", picked)
            expect(page.get_by_role("button", name="Remove").first).to_be_visible(timeout=30000)

    def saved(what: str, said: str) -> None:
        page.get_by_role("button", name=f"Save the {what}").click()
        expect(page.get_by_text(said)).to_be_visible(timeout=30000)

    members = page.get_by_role("textbox", name="Members in order, each as name: channel")
    opened("rota")
    page.get_by_role("textbox", name="Name", exact=True).first.fill("Night")
    members.fill("Ann: pager")
    saved("rota", "Night: saved.")
    opened("policy")
    page.get_by_role("textbox", name="Name", exact=True).last.fill("Night shift")
    _choose(page, body, "Step 1 tells", "rota:Night")
    saved("policy", "Night shift: saved.")
    opened("policy", "Night shift")
    page.get_by_role("textbox", name="Step 1 after").fill("20m")
    saved("policy", "Night shift: saved.")
    opened("rota", "Night")
    expect(members).to_have_value("Ann: pager", timeout=30000)
    members.fill("Ann: pager\nBo: fax")
    saved("rota", 'No channel is called "fax".')
    with app.connected():
        (step,) = oncall.policies()["Night shift"]
        assert (step.after, step.to) == (timedelta(minutes=20), ("rota:Night",))
        assert [rota.members for rota in oncall.rotas()] == [(("Ann", "pager"),)]


def test_several_alerts_are_taken_on_snoozed_silenced_and_muted_at_once(
    app: RunningApp, signed_in: Open
) -> None:
    with app.connected():
        rulebook.save(Rule("Belt slow", "belt", 1.0, op="<", for_=timedelta(0), every=SEVEN), "Jo")
        world, now = World(), datetime.now(UTC)
        for line in ("1", "2"):
            world.put("belt", now - timedelta(seconds=5), 0.5, line)
        world.engine().evaluate(now, only=lambda rule: rule.signal == "belt")
    page = signed_in("alerts")

    def press(button: str, said: str, note: str = "") -> None:
        page.goto(f"{app.url}/alerts")
        search = page.get_by_role("textbox", name="Search")
        search.fill("belt", timeout=30000)
        search.press("Enter")
        expect(page.get_by_role("link", name="Belt slow")).to_have_count(2, timeout=30000)
        expect(page.get_by_role("link", name="Oven hot")).to_have_count(0, timeout=30000)
        page.get_by_role("textbox", name="Note").fill(note)
        page.get_by_role("textbox", name="Note").press("Tab")
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_text(said)).to_be_visible(timeout=30000)

    press("Acknowledge", "2 alerts acknowledged.", "both mine")
    press("Snooze", "2 alerts snoozed.")
    with app.connected():
        belts = "FROM alert_incidents WHERE rule_name = 'Belt slow'"
        taken = f"SELECT count(acknowledged_at), count(snoozed_until), count(*) {belts}"
        assert list((data.one(taken) or {}).values()) == [2, 2, 2]
        data.execute("UPDATE alert_incidents SET snoozed_until = NULL")
    press("Silence", "A silence needs a reason.")
    press("Silence", "2 alerts silenced.", "mend it")
    with app.connected():
        made = data.read("SELECT matchers FROM alert_silences WHERE reason = 'mend it'")
        assert {str(row["matchers"]).count("Belt slow") for row in made} == {1}
        assert len(made) == 2
        data.execute("DELETE FROM alert_silences WHERE reason = 'mend it'")
    press("Mute rules", "1 rule muted.", "new belt")
    with app.connected():
        assert rulebook.find("Belt slow").muted_reason == "new belt"
        assert rulebook.find("Oven hot").muted_until is None


def test_an_alert_is_snoozed_and_woken_and_its_rule_muted(app: RunningApp, signed_in: Open) -> None:
    page = signed_in("alerts?alert=2")
    page.get_by_role("button", name="Snooze", exact=True).click(timeout=30000)
    expect(page.get_by_text("Alert 2: snoozed.")).to_be_visible(timeout=30000)
    page.get_by_role("button", name="End the snooze").click()
    expect(page.get_by_text("Alert 2: the snooze is over.")).to_be_visible(timeout=30000)
    page.get_by_role("link", name="Edit the rule").click()
    reason = page.get_by_role("textbox", name="Reason to mute")
    reason.fill("known", timeout=40000)
    reason.press("Tab")
    page.get_by_role("button", name="Mute", exact=True).click()
    expect(page.get_by_text("Oven hot: muted.")).to_be_visible(timeout=30000)
    with app.connected():
        assert rulebook.find("Oven hot").muted_reason == "known"


def test_the_bell_is_seen_on_a_phone_and_counts_what_fires(
    app: RunningApp, signed_in: Open
) -> None:
    page = signed_in("users")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app.url}/users")
    bell = page.get_by_role("link", name=re.compile("alerts? fires?$"))
    expect(bell).to_be_in_viewport(timeout=30000)
    with app.connected():
        data.execute("UPDATE alert_incidents SET resolved_at = now()")
    expect(page.get_by_role("link", name="No alert fires")).to_be_in_viewport(timeout=40000)
