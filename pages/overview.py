"""Overview: what needs attention now, and the headline figures of whoever is looking."""

from __future__ import annotations

from datetime import UTC, datetime

from auth import roles
from auth.people import Person
from components import attention, banner, guard, period, tiles
from components.heading import heading
from components.panel import panel, part
from components.runs import refreshed
from components.timespan import Period
from config.settings import settings
from data.queries import company_state
from pages import Page, company_data, overview_data, sample_offer

_CALM = (
    "Nothing needs attention: no figure with a bound is past it, no alert fires, no source is late."
)
_UNJUDGED = "No alert fires and no source is late; there are no business figures to judge yet."


def render() -> None:
    """The page."""
    person = guard.require("overview")
    with heading("Overview", settings().company_name):
        chosen = period.picker(refresh=30)
    refreshed(_body, chosen.refresh)(person, chosen)


def _body(person: Person, chosen: Period) -> None:
    """Everything under the head, drawn again when its figures may have changed."""
    person, now = guard.require("overview"), datetime.now(UTC)
    chosen = chosen.at(now)
    known = company_data.lately(company_state.state)
    if not known.datasets:
        known = company_state.state()  # the first figures may have come this second
    version = company_data.steady("company", known.version)
    if known.sample:
        banner.sample_data()
    with panel("Needs attention", f"the worst first; figures of: {chosen.label().lower()}"):
        found = overview_data.attention(person, version, chosen)
        attention.listed(found, now, _CALM if known.datasets else _UNJUDGED)
    if overview_data.headline(person.role):
        with part("Headline figures"):
            if known.datasets:
                shown = overview_data.tiles(person, version, chosen)
                tiles.row(shown, now, "Headline figures")
            else:
                sample_offer.first_step(
                    "There are no business figures yet.",
                    "Import orders or books, connect a shop or an accounting system, or load the "
                    "sample company.",
                    "business",
                )
    if notes := overview_data.notes(person, chosen):
        with panel("Notes", chosen.label().lower(), key="overview-notes"):
            attention.plain(notes, now)
    if roles.can(person.role, "performance"):
        with part("Systems"):
            tiles.row(overview_data.system(chosen), now, "Systems")


PAGE = Page("overview", "Overview", ":material/dashboard:", "Today", "overview", render)
