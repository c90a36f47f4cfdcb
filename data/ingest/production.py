"""Production runs, stops and deliveries, from files or from the people at the lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from data import company
from data.ingest.dataset import Dataset, one_of
from data.ingest.fields import Field

REASONS = (
    "breakdown", "planned maintenance", "changeover", "start-up", "no material", "no operator",
    "other",
)  # fmt: skip
_COUNTS = ("total_count", "good_count", "reworked_count")


def _know_lines(opened: Connection, source: str) -> None:
    opened.execute(
        text("INSERT INTO production_lines (code, title, source) "
             "SELECT DISTINCT line, line, :source FROM in_rows ON CONFLICT DO NOTHING"),
        {"source": source},
    )  # fmt: skip


def _place_days(opened: Connection, source: str) -> None:
    """A run belongs to the company's day that it began on."""
    _know_lines(opened, source)
    opened.execute(
        text("UPDATE production_runs SET day = (started_at AT TIME ZONE :zone)::date "
             "WHERE source = :source AND source_id IN (SELECT source_id FROM in_rows)"),
        {"zone": company.zone().key, "source": source},
    )  # fmt: skip


def _check_reason(columns: Mapping[str, Any]) -> list[tuple[Any, str, str]]:
    return [one_of("reason", *REASONS)(columns)]


RUNS = Dataset(
    "production-runs",
    "production_runs",
    (
        Field("run_id", "text", "The run's number.", required=True),
        Field("line", "text", "Production line.", required=True, longest=80),
        Field("started_at", "instant", "When it began.", required=True),
        Field("ended_at", "instant", "When it was over.", required=True),
        Field("shift", "text", "Shift.", fallback="", longest=40),
        Field("sku", "text", "What was made."),
        Field("ideal_cycle_s", "number", "Seconds a unit takes at full speed."),
        Field("total_count", "number", "Units started."),
        Field("good_count", "number", "Good units in the end, reworked ones among them."),
        Field("reworked_count", "number", "Good units that needed rework.", fallback=0),
        Field("entered_by", "text", "Who entered it."),
    ),
    key="run_id",
    late=(
        ("ended_at <= started_at", "ended_at", "is not after the beginning"),
        ("good_count > total_count", "good_count", "is more than the total count"),
        ("reworked_count > good_count", "reworked_count", "is more than the good count"),
        ("ideal_cycle_s = 0", "ideal_cycle_s", "is zero"),
    ),
    values={
        **{name: name for name in ("line", "shift", "sku", "ideal_cycle_s", *_COUNTS,
                                   "entered_by")},
        "day": "started_at::date",
        "started_at": "started_at AT TIME ZONE 'UTC'",
        "ended_at": "ended_at AT TIME ZONE 'UTC'",
    },
    follow=_place_days,
)  # fmt: skip
STOPS = Dataset(
    "production-stops",
    "production_stops",
    (
        Field("stop_id", "text", "The stop's number.", required=True),
        Field("line", "text", "Production line.", required=True, longest=80),
        Field("started_at", "instant", "When it stopped.", required=True),
        Field("ended_at", "instant", "When it ran again; blank while it stands."),
        Field("reason", "text", f"One of {', '.join(REASONS)}.", required=True),
        Field("note", "text", "What was wrong.", longest=500),
        Field("entered_by", "text", "Who entered it."),
    ),
    key="stop_id",
    check=_check_reason,
    late=(("ended_at <= started_at", "ended_at", "is not after the beginning"),),
    values={
        **{name: name for name in ("line", "reason", "note", "entered_by")},
        "started_at": "started_at AT TIME ZONE 'UTC'",
        "ended_at": "ended_at AT TIME ZONE 'UTC'",
    },
    follow=_know_lines,
)
DELIVERIES = Dataset(
    "deliveries",
    "deliveries",
    (
        Field("delivery_id", "text", "The delivery's number.", required=True),
        Field("order_id", "text", "The customer's order.", required=True),
        Field("promised_on", "day", "Day it was promised for."),
        Field("delivered_on", "day", "Day it arrived; blank while on its way."),
    ),
    key="delivery_id",
    values={name: name for name in ("order_id", "promised_on", "delivered_on")},
)
