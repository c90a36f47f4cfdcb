"""Sales KPIs from the daily roll-ups: value over a period, and by time or group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from data import company, database
from data.ingest.rollups import stale_reason
from data.queries.figure import Figure
from data.queries.sales_formulas import FORMULAS, MEASURES, Formula, columns, judge

NO_ORDERS = "There are no orders yet; import a file, connect a shop or load the sample company."
NOT_GIVEN = "not given"
_TIMES = {"day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m"}
BUCKETS = {
    "day": "to_char(day, 'YYYY-MM-DD')",
    "week": "to_char(date_trunc('week', day), 'YYYY-MM-DD')",
    "month": "to_char(day, 'YYYY-MM')",
}
GROUPS = {
    "channel": "channel",
    "country": "country",
    "segment": "segment",
    "product": "product_id",
}
# Each group is named once, not each row: a product by its code.
NAMED = {"product": "(SELECT sku FROM products WHERE id = key)"}
_SUMS = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in MEASURES)
_STATE = """
SELECT st.zone, st.currency, st.version,
    (SELECT min(day) FROM sales_daily_channel) AS first_day,
    (SELECT max(day) FROM sales_daily_channel) AS last_day,
    (SELECT max(last_seen) FROM sales_sources) AS as_of,
    (SELECT string_agg(source, ', ' ORDER BY source) FROM sales_sources) AS sources,
    (SELECT coalesce(bool_or(sample), false) FROM sales_sources) AS sample
FROM (SELECT 1) always LEFT JOIN sales_state st ON true
"""


@dataclass(frozen=True)
class Filter:
    """What a page is narrowed to. One of product, country and segment beside the channel."""

    channel: str | None = None
    product: str | None = None
    country: str | None = None
    segment: str | None = None

    def table(self, by: str = "") -> str:
        """The roll-up that knows the filter and the breakdown."""
        if self.product is not None or by == "product":
            return "sales_daily"
        if self.country is not None or self.segment is not None or by in ("country", "segment"):
            return "sales_daily_country"
        return "sales_daily_channel"

    def knows(self, by: str) -> bool:
        """Whether the daily figures have that breakdown under this filter."""
        if by == "product":
            return self.country is None and self.segment is None
        return self.product is None or by not in ("country", "segment")

    def where(self) -> str:
        """SQL that follows the days' condition."""
        conditions = [
            f" AND {name} = :{name}"
            for name in ("channel", "country", "segment")
            if getattr(self, name) is not None
        ]
        if self.product is not None:
            conditions.append(" AND product_id = (SELECT id FROM products WHERE sku = :product)")
        return "".join(conditions)

    def parameters(self) -> dict[str, str]:
        """What `where` binds; NOT_GIVEN stands for what the source left empty."""
        given = {name: getattr(self, name) for name in ("channel", "product", "country", "segment")}
        return {
            name: "" if text == NOT_GIVEN else text
            for name, text in given.items()
            if text is not None
        }


EVERYTHING = Filter()


def value(slug: str, start: date, end: date, chosen: Filter = EVERYTHING) -> Figure:
    """A sales KPI over company days, both included, in the unit of its catalogue entry."""
    formula = FORMULAS[slug]
    found = database.one(
        f"SELECT state.*, {columns(formula)} FROM ({_STATE}) state, (SELECT {_SUMS} "
        f"FROM {chosen.table()} WHERE day BETWEEN :start AND :end{chosen.where()}) sums",
        start=start, end=end, **chosen.parameters(),
    )  # fmt: skip
    assert found is not None
    row = dict(found)
    reason = absence(row, start, end)
    if reason:
        return Figure(slug, None, reason, row["sources"], row["as_of"], sample=row["sample"])
    return _figure(slug, formula, row)


def _figure(slug: str, formula: Formula, row: Mapping[str, Any]) -> Figure:
    number, reason = judge(formula, row, company.currency())
    excluded = {
        words: int(row[f"excluded_{at}"])
        for at, (words, _) in enumerate(formula.excluded)
        if row[f"excluded_{at}"]
    }
    return Figure(
        slug,
        number,
        reason or None,
        row["sources"],
        row["as_of"],
        float(row["top"]),
        None if row["bottom"] is None else float(row["bottom"]),
        excluded,
        row["sample"],
    )


def state() -> Mapping[str, Any]:
    """Coverage and freshness of sales: first_day, last_day, as_of (UTC), sources, sample, version.

    All None while there are no orders.
    """
    row = database.one(_STATE)
    assert row is not None
    return dict(row)


def absence(row: Mapping[str, Any], start: date, end: date) -> str | None:
    """Why a period has no sales figures at all; None when it has. `row`: as `state` gives it."""
    if row["first_day"] is None:
        return NO_ORDERS
    stale = stale_reason(row["zone"], row["currency"])
    if stale:
        return stale
    if end < row["first_day"]:
        return f"The first order is of {row['first_day']}; choose a later period."
    if start > row["last_day"]:
        return (
            f"The last order is of {row['last_day']}; import newer orders or choose an "
            "earlier period."
        )
    return None


def series(slug: str, start: date, end: date, by: str, chosen: Filter = EVERYTHING) -> pd.DataFrame:
    """A sales KPI by time or group: columns [by, "value"]; NaN where a ratio has no denominator.

    Time covers the days between the first and the last order, without gaps.
    """
    known = state()
    if absence(known, start, end):
        return pd.DataFrame({by: pd.Series(dtype="str"), "value": pd.Series(dtype="float64")})
    formula = FORMULAS[slug]
    groups = _groups(formula, start, end, by, chosen)
    values = {key: judge(formula, row, company.currency())[0] for key, row in groups.items()}
    if by in _TIMES:
        nothing = 0.0 if formula.bottom is None and formula.needs is None else None
        first, last = max(start, known["first_day"]), min(end, known["last_day"])
        values = {key: values.get(key, nothing) for key in buckets(first, last, by)}
    frame = pd.DataFrame(
        {by: pd.Series(list(values), dtype="str"),
         "value": pd.Series(list(values.values()), dtype="float64")}
    )  # fmt: skip
    if by in _TIMES:
        return frame
    return frame.sort_values(["value", by], ascending=[False, True], ignore_index=True)


def _groups(
    formula: Formula, start: date, end: date, by: str, chosen: Filter
) -> dict[str, Mapping[str, Any]]:
    table = chosen.table(by)
    key, named = (BUCKETS | GROUPS)[by], NAMED.get(by, "key")
    rows = database.read(
        f"SELECT coalesce(nullif({named}, ''), '{NOT_GIVEN}') AS key, "
        f"{columns(formula)} FROM ("
        f"SELECT {key} AS key, {_SUMS} FROM {table} WHERE day BETWEEN :start AND :end"
        f"{chosen.where()} GROUP BY 1) grouped",
        start=start, end=end, **chosen.parameters(),
    )  # fmt: skip
    return {row["key"]: dict(row) for row in rows}


def buckets(first: date, last: date, by: str) -> list[str]:
    """The labels of all days, weeks or months from `first` to `last`, in order."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    if by == "week":
        days = (day - timedelta(days=day.weekday()) for day in days)
    return list(dict.fromkeys(day.strftime(_TIMES[by]) for day in days))
