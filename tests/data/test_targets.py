"""Targets from a day on, with their history; notes about days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from config.kpis import KPIS, Bounds, UnknownKpi
from data import annotations as notes
from data import company, targets

pytestmark = pytest.mark.usefixtures("database")


def test_without_any_the_catalogue_holds() -> None:
    assert targets.bounds("dso") == KPIS["dso"].bounds == Bounds(35)


def test_a_target_holds_from_its_day_on_and_the_one_before_until_then() -> None:
    targets.put("dso", date(2026, 1, 1), Bounds(30, 40, 50), "mia")
    targets.put("dso", date(2026, 7, 1), Bounds(25), "mia")
    assert targets.bounds("dso", date(2025, 12, 31)) == Bounds(35)
    assert targets.bounds("dso", date(2026, 6, 30)) == Bounds(30, 40, 50)
    assert targets.bounds("dso", date(2026, 7, 1)) == Bounds(25)


def test_the_last_word_on_a_day_wins_and_the_first_is_kept() -> None:
    day = company.today()
    targets.put("dso", day, Bounds(30), "mia")
    targets.put("dso", day, Bounds(28), "ben")
    assert targets.bounds("dso") == Bounds(28)
    assert list(targets.history("dso")["set_by"]) == ["ben", "mia"]


def test_a_target_of_the_future_does_not_hold_yet() -> None:
    targets.put("dso", company.today() + timedelta(1), Bounds(1), "mia")
    assert targets.bounds("dso") == Bounds(35)


@pytest.mark.parametrize(
    ("slug", "bounds", "sentence"),
    [
        ("dso", Bounds(35, 30), "must rise in turn"),
        ("gross_margin_pct", Bounds(60, 70), "must fall in turn"),
        ("stock_value", Bounds(1), "has no target"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(slug: str, bounds: Bounds, sentence: str) -> None:
    with pytest.raises(targets.BadTarget, match=sentence):
        targets.put(slug, company.today(), bounds, "mia")
    assert targets.history(slug).empty


def test_an_unknown_kpi_is_refused() -> None:
    with pytest.raises(UnknownKpi):
        targets.put("nope", company.today(), Bounds(1), "mia")


def test_a_note_is_found_on_every_day_that_it_covers() -> None:
    number = notes.add(date(2026, 1, 5), date(2026, 1, 7), " Fair ", "mia", "dso")
    notes.add(date(2026, 1, 6), date(2026, 1, 6), "Strike", "mia")
    assert list(notes.between(date(2026, 1, 7), date(2026, 1, 9), "dso")["note"]) == ["Fair"]
    assert list(notes.between(date(2026, 1, 1), date(2026, 1, 9), "dio")["note"]) == ["Strike"]
    assert notes.between(date(2026, 1, 8), date(2026, 1, 9)).empty
    assert notes.remove(number)
    assert not notes.remove(number)


def test_a_note_can_be_given_other_days_and_words() -> None:
    number = notes.add(date(2026, 1, 5), date(2026, 1, 5), "Fair", "mia", "dso")
    assert notes.change(number, date(2026, 2, 1), date(2026, 2, 2), "Trade fair", None)
    assert notes.between(date(2026, 1, 1), date(2026, 1, 31)).empty
    found = notes.between(date(2026, 2, 2), date(2026, 2, 2), "dio")
    assert list(found["note"]) == ["Trade fair"]
    assert not notes.change(number + 1, date(2026, 2, 1), date(2026, 2, 2), "x", None)


def test_a_note_needs_words_and_days_in_order() -> None:
    with pytest.raises(notes.BadNote, match="1 to 500"):
        notes.add(date(2026, 1, 1), date(2026, 1, 1), "  ", "mia")
    with pytest.raises(notes.BadNote, match="swap"):
        notes.add(date(2026, 1, 2), date(2026, 1, 1), "x", "mia")
