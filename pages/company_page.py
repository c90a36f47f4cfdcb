"""What the pages about the company's books share: head, empty state, banner, refreshed body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from components import banner, guard, period
from components.heading import heading
from components.runs import refreshed
from components.timespan import Period
from data.queries import company_state
from pages import sample_offer
from pages.company_data import steady

Body = Callable[[str, Period], None]


@dataclass(frozen=True)
class Books:
    """Which datasets a page is about; what it says and offers while there are none of them."""

    resource: str
    title: str
    datasets: tuple[str, ...]
    nothing: str
    step: str
    refresh: float = 60


def show(books: Books, body: Body) -> None:
    """The page, once its permission was asked for; `body(version, period)` is what refreshes."""
    with heading(books.title):
        chosen = period.picker(refresh=books.refresh)
    refreshed(_drawn, chosen.refresh)(books, chosen, body)


def _drawn(books: Books, chosen: Period, body: Body) -> None:
    guard.require(books.resource)
    state = company_state.state(*books.datasets)
    if not state.datasets.intersection(books.datasets):
        sample_offer.first_step(books.nothing, books.step, books.resource)
        return
    if state.sample:
        banner.sample_data()
    body(steady(str(books.datasets), state.version), chosen)
