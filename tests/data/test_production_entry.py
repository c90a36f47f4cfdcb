"""What people at the lines enter ends up in the figures, and mistakes are told in a sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from data import database as db
from data import production_entry as entries
from data.queries import kpi, production_board

pytestmark = pytest.mark.usefixtures("database")
BEGIN = datetime(2026, 1, 5, 6, tzinfo=UTC)
RUN = entries.Run("L1", BEGIN, BEGIN + timedelta(hours=8), "Early", None, 36.0, 100, 90, 5)


def test_a_run_counts_at_once_and_entering_it_again_corrects_it() -> None:
    entries.enter_run(RUN, "olga")
    day = date(2026, 1, 5)
    assert kpi.value("output", day, day).value == 90
    entries.enter_run(replace(RUN, good_count=95), "olga")
    assert kpi.value("output", day, day).value == 95
    assert db.scalar("SELECT count(*) FROM production_runs WHERE entered_by = 'olga'") == 1
    assert production_board.lines() == ["L1"]


def test_more_good_units_than_started_are_refused() -> None:
    with pytest.raises(entries.BadEntry, match="good count is more than the total count"):
        entries.enter_run(replace(RUN, good_count=101), "olga")
    assert db.scalar("SELECT count(*) FROM production_runs") == 0


def test_a_line_stops_once_and_runs_again_once() -> None:
    number = entries.begin_stop("L1", "breakdown", "belt", "olga", at=BEGIN)
    assert list(production_board.standing()["reason"]) == ["breakdown"]
    with pytest.raises(entries.BadEntry, match="stands still already"):
        entries.begin_stop("L1", "other", "", "olga", at=BEGIN)
    entries.end_stop(entries.SOURCE, number, BEGIN + timedelta(minutes=12))
    assert production_board.standing().empty
    with pytest.raises(entries.BadEntry, match="over already"):
        entries.end_stop(entries.SOURCE, number, BEGIN + timedelta(minutes=20))
    entries.enter_run(RUN, "olga")
    day = date(2026, 1, 5)
    assert kpi.value("downtime_minutes", day, day).value == pytest.approx(12)
