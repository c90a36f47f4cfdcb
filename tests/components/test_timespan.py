"""Periods: what they mean, what they compare with, and what a broken link gets."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from components import presets, timespan
from components.timespan import BadPeriod, Family, Period, resolve

LONDON = ZoneInfo("Europe/London")
KIRITIMATI = ZoneInfo("Pacific/Kiritimati")
_CENTURY = datetime(2000, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def _days(first: str, last: str, preset: str = "", zone: ZoneInfo = LONDON) -> Period:
    return Period.of_days(date.fromisoformat(first), date.fromisoformat(last), zone, preset)


def _iso(period: Period) -> tuple[str, str]:
    return period.first_day.isoformat(), period.last_day.isoformat()


def test_thirty_days_end_with_today_and_hold_thirty() -> None:
    found = resolve({"range": "30d"}, NOON, LONDON)
    assert _iso(found) == ("2026-10-26", "2026-11-24")
    assert found.day_count() == 30
    assert found.running(NOON)


def test_today_is_the_companys_day_not_that_of_utc() -> None:
    late = datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert _iso(resolve({"range": "today"}, late, KIRITIMATI)) == ("2026-11-25", "2026-11-25")


def test_a_day_with_a_clock_change_has_twenty_three_or_twenty_five_hours() -> None:
    assert _days("2026-03-29", "2026-03-29").seconds == 23 * 3600
    assert _days("2026-10-25", "2026-10-25").seconds == 25 * 3600


def test_the_period_before_keeps_whole_days_over_a_clock_change() -> None:
    before = _days("2026-03-29", "2026-04-04").previous()
    assert _iso(before) == ("2026-03-22", "2026-03-28")
    assert before.end == _days("2026-03-29", "2026-03-29").start


@pytest.mark.parametrize(
    ("preset", "today", "this", "before"),
    [
        ("month", "2026-03-31", ("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28")),
        ("month", "2026-03-15", ("2026-03-01", "2026-03-15"), ("2026-02-01", "2026-02-15")),
        ("month", "2026-03-30", ("2026-03-01", "2026-03-30"), ("2026-02-01", "2026-02-28")),
        ("last-month", "2026-03-15", ("2026-02-01", "2026-02-28"), ("2026-01-01", "2026-01-31")),
        ("last-month", "2024-03-15", ("2024-02-01", "2024-02-29"), ("2024-01-01", "2024-01-31")),
        ("week", "2026-11-25", ("2026-11-23", "2026-11-25"), ("2026-11-16", "2026-11-18")),
        ("last-week", "2026-11-25", ("2026-11-16", "2026-11-22"), ("2026-11-09", "2026-11-15")),
        ("quarter", "2026-05-01", ("2026-04-01", "2026-05-01"), ("2026-01-01", "2026-01-31")),
        ("last-quarter", "2026-01-02", ("2025-10-01", "2025-12-31"), ("2025-07-01", "2025-09-30")),
        ("year", "2024-02-29", ("2024-01-01", "2024-02-29"), ("2023-01-01", "2023-03-01")),
        ("last-year", "2025-06-01", ("2024-01-01", "2024-12-31"), ("2023-01-01", "2023-12-31")),
        ("yesterday", "2026-01-01", ("2025-12-31", "2025-12-31"), ("2025-12-30", "2025-12-30")),
        ("12m", "2024-02-29", ("2023-03-01", "2024-02-29"), ("2022-02-28", "2023-02-28")),
    ],
)
def test_calendar_ranges_compare_with_the_calendar(
    preset: str, today: str, this: tuple[str, str], before: tuple[str, str]
) -> None:
    now = datetime.fromisoformat(f"{today}T12:00:00+00:00")
    found = resolve({"range": preset}, now, LONDON)
    assert _iso(found) == this
    assert _iso(found.previous()) == before


@pytest.mark.parametrize(
    ("this", "earlier"),
    [
        (("2024-02-29", "2024-02-29"), ("2023-02-28", "2023-02-28")),
        (("2024-02-01", "2024-02-29"), ("2023-02-01", "2023-02-28")),
        (("2025-02-01", "2025-02-28"), ("2024-02-01", "2024-02-29")),
        (("2026-03-10", "2026-03-20"), ("2025-03-10", "2025-03-20")),
        (("2026-01-01", "2026-12-31"), ("2025-01-01", "2025-12-31")),
    ],
)
def test_a_year_earlier_has_the_same_dates(this: tuple[str, str], earlier: tuple[str, str]) -> None:
    assert _iso(_days(*this).last_year()) == earlier


def test_live_ranges_end_now_and_compare_with_the_time_just_before() -> None:
    found = resolve({"range": "1h"}, NOON, LONDON, "live")
    assert (found.start, found.end) == (NOON - timedelta(hours=1), NOON)
    assert found.previous().end == found.start
    assert found.last_year().end == datetime(2025, 11, 24, 12, tzinfo=UTC)


def test_a_live_page_reads_seven_days_as_instants_and_a_business_page_as_days() -> None:
    assert not resolve({"range": "7d"}, NOON, LONDON, "live").whole_days
    assert resolve({"range": "7d"}, NOON, LONDON, "business").whole_days
    assert resolve({"range": "month"}, NOON, LONDON, "live").whole_days


def test_limits_in_a_link_are_company_days_or_company_clock() -> None:
    days = resolve({"from": "2026-07-01", "to": "2026-07-31"}, NOON, LONDON)
    assert days.start == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert days.end == datetime(2026, 7, 31, 23, tzinfo=UTC)
    clock = resolve({"from": "2026-07-01T10:00", "to": "2026-07-01T11:30"}, NOON, LONDON, "live")
    assert clock.start == datetime(2026, 7, 1, 9, tzinfo=UTC)
    assert clock.seconds == 5400


def test_one_limit_alone_is_that_day() -> None:
    assert _iso(resolve({"from": "2026-07-01"}, NOON, LONDON)) == ("2026-07-01", "2026-07-01")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"range": "fortnight"}, "“fortnight”"),
        ({"range": ""}, "range"),
        ({"from": "yesterday", "to": "2026-01-01"}, "“yesterday”"),
        ({"from": "2026-02-30", "to": "2026-03-01"}, "“2026-02-30”"),
        ({"from": "0001-01-01", "to": "2026-03-01"}, "“0001-01-01”"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "ends before it begins"),
        ({"from": "1990-01-01", "to": "2026-03-01"}, "20 years"),
        ({"to": "2026-03-01"}, "from"),
        ({"against": "<script>"}, "“<script>”"),
        ({"range": "x" * 5000}, "x" * 40),
    ],
)
@pytest.mark.parametrize("family", ["business", "live"])
def test_a_link_that_cannot_be_read_gives_one_sentence(
    query: dict[str, str], said: str, family: Family
) -> None:
    with pytest.raises(BadPeriod) as caught:
        resolve(query, NOON, LONDON, family)
    sentence = str(caught.value)
    assert said in sentence
    assert len(sentence) < 200
    assert sentence.endswith(".")


def test_the_default_answers_for_a_page_without_a_range() -> None:
    assert resolve({}, NOON, LONDON) == timespan.default(NOON, LONDON)
    assert resolve({}, NOON, LONDON, "live").preset == "15m"


@given(
    name=some.sampled_from(sorted(presets.TITLES)),
    family=some.sampled_from(["business", "live"]),
    against=some.sampled_from(["previous", "year", "none"]),
    now=some.datetimes(*_CENTURY, timezones=some.just(UTC)),
    zone=some.sampled_from([LONDON, KIRITIMATI, ZoneInfo("America/New_York"), ZoneInfo("UTC")]),
)
def test_any_period_is_read_back_from_its_own_link(
    name: str, family: Family, against: str, now: datetime, zone: ZoneInfo
) -> None:
    found = resolve({"range": name, "against": against}, now, zone, family)
    assert resolve(found.query(), now, zone, family) == found
    assert found.start < found.end
    assert found.previous().start < found.previous().end <= found.start
    assert found.last_year().end <= found.end - timedelta(days=364)
    assert (found.compared() is None) == (against == "none")


@given(
    first=some.dates(date(1990, 1, 1), date(2100, 1, 1)),
    length=some.integers(0, 400),
    zone=some.sampled_from([LONDON, KIRITIMATI, ZoneInfo("America/Sao_Paulo")]),
)
def test_days_read_back_whole_and_the_days_before_touch_them(
    first: date, length: int, zone: ZoneInfo
) -> None:
    found = Period.of_days(first, first + timedelta(length), zone)
    assert found.days() == (first, first + timedelta(length))
    assert resolve(found.query(), NOON, zone) == found
    before = found.previous()
    assert before.end == found.start
    assert before.day_count() == found.day_count()


def test_a_relative_period_moves_on_and_an_absolute_one_stays() -> None:
    later = NOON + timedelta(minutes=1)
    assert resolve({"range": "1h"}, NOON, LONDON, "live").at(later).end == later
    midnight = datetime(2026, 11, 25, 0, 1, tzinfo=UTC)
    assert _iso(resolve({"range": "today"}, NOON, LONDON).at(midnight))[1] == "2026-11-25"
    fixed = _days("2026-07-01", "2026-07-02")
    assert fixed.at(midnight) == fixed


def test_a_link_to_another_page_carries_the_period() -> None:
    chosen = resolve({"range": "90d", "against": "year"}, NOON, LONDON)
    assert chosen.link("finance") == "finance?range=90d&against=year"
    assert chosen.link("business", channel="Shop & Co") == (
        "business?range=90d&against=year&channel=Shop+%26+Co"
    )


def test_a_period_says_what_it_is() -> None:
    assert resolve({"range": "30d"}, NOON, LONDON).label() == "Last 30 days"
    assert _days("2026-07-01", "2026-07-31").label() == "1 Jul 2026 – 31 Jul 2026"
    assert _days("2026-07-01", "2026-07-01").label() == "1 Jul 2026"
