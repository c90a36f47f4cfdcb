"""Finance KPIs of the catalogue, each as of the last day of the period asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd

from data import company
from data.queries import finance_documents, finance_sheet
from data.queries.figure import Figure
from data.queries.finance_inputs import Inputs
from data.queries.tracks import Track, month_end, months_before

Compute = Callable[[Inputs, date], Figure]


def value(slug: str, start: date, end: date) -> Figure:
    """The KPI on `end`, or today when the period is not over. Money: company currency."""
    today = company.today()
    if start > today:
        return Figure(slug, None, f"The period begins on {start}, which is yet to come.")
    day = min(end, today)
    figure = _COMPUTE[slug](Inputs(day), day)
    owed = slug in ("receivables", "payables")
    return finance_documents.with_gaps(figure, slug, day) if owed else figure


def series(slug: str, start: date, end: date, by: str) -> pd.DataFrame:
    """The KPI at the end of each day, week or month, or by days overdue: columns [by, "value"]."""
    end = min(end, company.today())
    if by == "ageing":
        return finance_documents.by_bucket(slug, end)
    inputs = Inputs(end)
    points = closings(start, end, by)
    values = [_COMPUTE[slug](inputs, day).value for day in points.values()]
    return pd.DataFrame({by: list(points), "value": pd.Series(values, dtype="float64")})


def at(slug: str, inputs: Inputs, day: date) -> Figure:
    """The KPI as of a day, from inputs that reach that far."""
    return _COMPUTE[slug](inputs, day)


def closings(start: date, end: date, by: str) -> dict[str, date]:
    """Label of each day, week (its Monday) or month (YYYY-MM), and the last day of it."""
    found: dict[str, date] = {}
    day = start
    while day <= end:
        if by == "day":
            label, last = day.isoformat(), day
        elif by == "week":
            monday = day - timedelta(day.weekday())
            label, last = monday.isoformat(), monday + timedelta(6)
        else:
            label, last = f"{day:%Y-%m}", month_end(day)
        found[label] = min(last, end)
        day = last + timedelta(1)
    return found


def _balance(slug: str) -> Compute:
    return lambda inputs, day: _standing(slug, getattr(inputs, slug), day)


def _standing(slug: str, track: Track, day: date) -> Figure:
    found, feed = track.at(day), track.feed
    reason = None if found is not None else track.reason(day)
    return Figure(slug, found, reason, feed.source, feed.as_of, sample=feed.sample)


def _days_of(slug: str, balance: str, flow: str) -> Compute:
    """Average balance / 12 months of the flow × 365; the average is of the daily balances."""

    def compute(inputs: Inputs, day: date) -> Figure:
        track: Track = getattr(inputs, balance)
        average = track.year_mean(day)
        if average is None:
            return short_average(slug, track, day)
        year = inputs.year_of(flow, day)
        feed = track.feed + year.feed
        if year.value is None:
            return Figure(slug, None, year.reason, feed.source, feed.as_of, average)
        ratio, reason = per_year(average, year.value, flow, day)
        return Figure(slug, ratio, reason, feed.source, feed.as_of, average, year.value,
                      year.excluded, feed.sample)  # fmt: skip

    return compute


def per_year(average: float, year: float, flow: str, day: date) -> tuple[float | None, str | None]:
    """Average / 12 months of the flow × 365, or the reason why there is none."""
    if year <= 0:
        noun = {"revenue": "revenue", "cogs": "COGS"}[flow]
        return (
            None,
            f"There was no {noun} in the 12 months to {day}, so there is nothing to divide by.",
        )
    return average / year * 365, None


def short_average(slug: str, track: Track, day: date) -> Figure:
    """No figure, for want of 12 months of balances."""
    if track.first is None or track.at(day) is None:
        return _standing(slug, track, day)
    begun = track.first <= months_before(day, 12) + timedelta(1)
    return Figure(
        slug, None,
        f"The average needs 12 months of {track.noun} without a gap; {track.gap or track.missing}"
        if begun else
        f"The average needs 12 months of {track.noun}, which begin on {track.first}; choose a day "
        "12 months later or import older ones.",
        track.feed.source, track.feed.as_of, sample=track.feed.sample,
    )  # fmt: skip


def _cycle(inputs: Inputs, day: date) -> Figure:
    parts = [_COMPUTE[slug](inputs, day) for slug in ("dio", "dso", "dpo")]
    slug = "cash_conversion_cycle"
    source = ", ".join(dict.fromkeys(part.source for part in parts if part.source)) or None
    ages = [part.as_of for part in parts if part.as_of]
    as_of, sample = min(ages) if ages else None, any(part.sample for part in parts)
    for part in parts:
        if part.value is None:
            return Figure(slug, None, part.reason, source, as_of, sample=sample)
    dio, dso, dpo = (part.value or 0.0 for part in parts)
    excluded = {name: count for part in parts for name, count in part.excluded.items()}
    return Figure(slug, dio + dso - dpo, None, source, as_of, excluded=excluded, sample=sample)


_COMPUTE: dict[str, Compute] = {
    "receivables": _balance("receivables"),
    "payables": _balance("payables"),
    "cash": _balance("cash"),
    "dso": _days_of("dso", "receivables", "revenue"),
    "dio": _days_of("dio", "inventory", "cogs"),
    "dpo": _days_of("dpo", "payables", "cogs"),
    "cash_conversion_cycle": _cycle,
    "working_capital": finance_sheet.working_capital,
    "current_ratio": finance_sheet.current_ratio,
    "quick_ratio": finance_sheet.quick_ratio,
    "cash_runway": finance_sheet.runway,
    "receivables_overdue": lambda inputs, day: finance_documents.overdue("receivables", day),
    "payables_overdue": lambda inputs, day: finance_documents.overdue("payables", day),
}
