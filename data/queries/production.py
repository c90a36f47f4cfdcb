"""Production KPIs of the catalogue, from the summed times and counts of lines and shifts.

Planned production time = length of runs − planned maintenance in them; run time = that − other
stops in runs. Only runs that lie wholly on counted days are in: a run belongs to the day it began.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pandas as pd

from data import database
from data.queries.figure import Figure
from data.queries.tracks import Feed

STEP = "import them with `python manage.py import production-runs FILE` or enter them."
_GROUPS = {
    "day": "r.day::text",
    "week": "date_trunc('week', r.day)::date::text",
    "month": "to_char(r.day, 'YYYY-MM')",
    "line": "coalesce(n.title, r.line)",
    "product": "coalesce(p.title, r.sku, '')",
    "shift": "r.shift",
}

# Each run with what stopped in it; a stop counts in the run that it overlaps. A ratio takes both of
# its parts from the same runs: `judged_` from those that say how many were made and how many were
# good, `good_s` is the run time of those that say how many were good.
_RUNS = """
SELECT {group} AS grouped,
       sum(length_s - maintenance_s)::float8 AS planned_s,
       sum(length_s - maintenance_s - down_s)::float8 AS run_s,
       sum(r.ideal_cycle_s * r.total_count)::float8 AS ideal_s,
       sum(length_s - maintenance_s - down_s) FILTER (
           WHERE r.ideal_cycle_s IS NOT NULL AND r.total_count IS NOT NULL
              OR r.total_count = 0)::float8 AS paced_s,
       sum(made_good)::float8 AS good,
       sum(length_s - maintenance_s - down_s) FILTER (WHERE made_good IS NOT NULL)::float8
           AS good_s,
       sum(r.total_count) FILTER (WHERE made_good IS NOT NULL)::float8 AS judged_total,
       sum(made_good) FILTER (WHERE r.total_count IS NOT NULL)::float8 AS judged_good,
       sum(r.reworked_count) FILTER (WHERE made_good IS NOT NULL AND r.total_count IS NOT NULL
           )::float8 AS judged_reworked,
       sum(failures)::float8 AS failures,
       sum(repair_s)::float8 AS repair_s, sum(repairs)::float8 AS repairs,
       sum(down_s)::float8 AS down_s,
       count(*) FILTER (WHERE made_good IS NULL) AS without_good,
       count(*) FILTER (WHERE made_good IS NULL OR r.total_count IS NULL) AS without_counts,
       count(*) FILTER (WHERE r.total_count IS NULL
           OR r.ideal_cycle_s IS NULL AND r.total_count > 0) AS without_pace
  FROM production_runs r
  LEFT JOIN production_lines n ON n.code = r.line
  LEFT JOIN products p ON p.sku = r.sku
  CROSS JOIN LATERAL (
    SELECT extract(epoch FROM r.ended_at - r.started_at) AS length_s,
           coalesce(r.good_count, CASE WHEN r.total_count = 0 THEN 0 END) AS made_good) whole
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(lost) FILTER (WHERE reason = 'planned maintenance'), 0) AS maintenance_s,
           coalesce(sum(lost) FILTER (WHERE reason <> 'planned maintenance'), 0) AS down_s,
           count(*) FILTER (WHERE reason = 'breakdown' AND begins) AS failures,
           coalesce(sum(lasted) FILTER (WHERE reason = 'breakdown' AND begins), 0) AS repair_s,
           count(lasted) FILTER (WHERE reason = 'breakdown' AND begins) AS repairs
      FROM (SELECT s.reason, s.started_at >= r.started_at AS begins,
                   extract(epoch FROM s.ended_at - s.started_at) AS lasted,
                   extract(epoch FROM least(coalesce(s.ended_at, now()), r.ended_at)
                           - greatest(s.started_at, r.started_at)) AS lost
              FROM production_stops s
             WHERE s.line = r.line AND s.started_at < r.ended_at
               AND tstzrange(s.started_at, s.ended_at) && tstzrange(r.started_at, r.ended_at)
               AND coalesce(s.ended_at, now()) > r.started_at) within
  ) stopped
 WHERE r.day BETWEEN :start AND :end {where}
 GROUP BY grouped ORDER BY grouped
"""


def value(slug: str, start: date, end: date) -> Figure:
    """The KPI over the runs that began on the company days `start` to `end`."""
    if slug == "on_time_delivery_pct":
        return _delivery(start, end)
    return of_runs((slug,), start, end)[slug]


def of_runs(slugs: Sequence[str], start: date, end: date) -> dict[str, Figure]:
    """KPIs of the runs of a period, from one query; not the one about deliveries."""
    origin = feed()
    rows = database.read(_RUNS.format(group="''", where=""), start=start, end=end)
    return {slug: _figure(slug, rows, origin, start, end) for slug in slugs}


def _figure(slug: str, rows: Sequence[Any], origin: Feed, start: date, end: date) -> Figure:
    if not rows:
        known = database.scalar("SELECT min(day) FROM production_runs")
        said = f"No runs between {start} and {end}; they begin on {known}." if known else (
            f"There are no production runs yet; {STEP}")  # fmt: skip
        return Figure(slug, None, said, origin.source, origin.as_of, sample=origin.sample)
    found, top, bottom = _COMPUTE[slug](rows[0])
    reason = None if found is not None else _why(slug, start, end)
    return Figure(slug, found, reason, origin.source, origin.as_of, top, bottom,
                  _left_out(slug, rows[0]), origin.sample)  # fmt: skip


def _left_out(slug: str, row: Any) -> dict[str, int]:
    """Runs that say too little to be in the figure."""
    return {words: row[name] for name, words in _LEFT_OUT.get(slug, ()) if row[name]}


def series(slug: str, start: date, end: date, by: str) -> pd.DataFrame:
    """The KPI by day, week, month, line, product or reason: columns [by, "value"]."""
    if slug == "on_time_delivery_pct":
        return _delivery_series(start, end, by)
    if by == "reason":
        found = downtime(start, end)
        return pd.DataFrame({"reason": found["reason"], "value": found["minutes"]})
    rows = database.read(_RUNS.format(group=_GROUPS[by], where=""), start=start, end=end)
    values = [_COMPUTE[slug](row)[0] for row in rows]
    made = pd.DataFrame({by: [row["grouped"] for row in rows],
                         "value": pd.Series(values, dtype="float64")})  # fmt: skip
    if by in ("line", "product"):
        made = made.sort_values("value", ascending=False, kind="stable", ignore_index=True)
    return made


def measures(start: date, end: date, by: str = "line", line: str | None = None) -> pd.DataFrame:
    """The summed times (s) and counts that the KPIs are made of, a row a group."""
    where = "AND r.line = :line" if line else ""
    frame: pd.DataFrame = database.frame(
        _RUNS.format(group=_GROUPS[by], where=where), start=start, end=end, line=line or ""
    )
    return frame


def compute(slug: str, row: Any) -> float | None:
    """A KPI of one row of `measures`."""
    return _COMPUTE[slug](row)[0]


def feed() -> Feed:
    """Where runs come from and when they were last read."""
    row = database.one(
        "SELECT string_agg(DISTINCT source, ', ') AS source, min(last_seen) AS as_of, "
        "bool_or(source = 'sample') AS sample FROM feeds WHERE dataset = 'production-runs'"
    )
    assert row is not None
    return Feed(row["source"], row["as_of"], bool(row["sample"]))


def downtime(start: date, end: date, line: str | None = None) -> pd.DataFrame:
    """Minutes lost in planned production time by reason, most first: reason, minutes, stops."""
    which = "AND r.line = :line" if line else ""
    frame: pd.DataFrame = database.frame(
        "SELECT s.reason, sum(extract(epoch FROM least(coalesce(s.ended_at, now()), r.ended_at) "
        "- greatest(s.started_at, r.started_at)) / 60)::float8 AS minutes, "
        "count(DISTINCT (s.source, s.source_id)) AS stops "
        "FROM production_runs r JOIN production_stops s ON s.line = r.line "
        "AND s.started_at < r.ended_at AND coalesce(s.ended_at, now()) > r.started_at "
        "AND tstzrange(s.started_at, s.ended_at) && tstzrange(r.started_at, r.ended_at) "
        f"WHERE r.day BETWEEN :start AND :end AND s.reason <> 'planned maintenance' {which} "
        "GROUP BY s.reason ORDER BY minutes DESC",
        start=start, end=end, line=line or "",
    )  # fmt: skip
    return frame


Computed = tuple[float | None, float | None, float | None]


def _ratio(top: str, bottom: str, factor: float = 1.0) -> Callable[[Any], Computed]:
    def compute(row: Any) -> Computed:
        above, below = row[top], row[bottom]
        if above is None or not below:
            return None, above, below
        return above / below * factor, above, below

    return compute


_QUALITY = _ratio("judged_good", "judged_total")


def _oee(row: Any) -> Computed:
    """Availability × performance × quality, each from the sums; a line that stood made nothing."""
    if not row["planned_s"] or row["judged_total"] is None or row["ideal_s"] is None:
        return None, None, None
    if row["judged_total"] == 0 or not row["run_s"]:
        return 0.0, 0.0, row["planned_s"]
    found = 100.0
    for part in (_ratio("run_s", "planned_s"), _ratio("ideal_s", "paced_s"),
                 _QUALITY):  # fmt: skip
        share = part(row)[0]
        if share is None:
            return None, None, None
        found *= share
    return found, None, None


def _scrap(row: Any) -> Computed:
    if not row["judged_total"]:
        return None, None, row["judged_total"]
    lost = row["judged_total"] - row["judged_good"]
    return lost / row["judged_total"] * 100, lost, row["judged_total"]


def _first_pass(row: Any) -> Computed:
    if not row["judged_total"]:
        return None, None, row["judged_total"]
    right = row["judged_good"] - row["judged_reworked"]
    return right / row["judged_total"] * 100, right, row["judged_total"]


def _plain(name: str, divisor: float = 1.0) -> Callable[[Any], Computed]:
    return lambda row: (None if row[name] is None else row[name] / divisor, None, None)


_COMPUTE: dict[str, Callable[[Any], Computed]] = {
    "availability": _ratio("run_s", "planned_s", 100),
    "performance": _ratio("ideal_s", "paced_s", 100),
    "quality": _ratio("judged_good", "judged_total", 100),
    "oee": _oee,
    "output": _plain("good"),
    "throughput": _ratio("good", "good_s", 3600),
    "scrap_pct": _scrap,
    "rework_pct": _ratio("judged_reworked", "judged_total", 100),
    "first_pass_yield": _first_pass,
    "downtime_minutes": _plain("down_s", 60),
    "mtbf": _ratio("run_s", "failures", 1 / 3600),
    "mttr": _ratio("repair_s", "repairs", 1 / 60),
}
_UNCOUNTED = ("without_counts", "runs without their counts")
_UNPACED = ("without_pace", "runs without a count or an ideal cycle")
_LEFT_OUT: dict[str, tuple[tuple[str, str], ...]] = {
    "performance": (_UNPACED,),
    "quality": (_UNCOUNTED,),
    "oee": (_UNCOUNTED, _UNPACED),
    "output": (("without_good", "runs without a good count"),),
    "throughput": (("without_good", "runs without a good count"),),
    "scrap_pct": (_UNCOUNTED,),
    "rework_pct": (_UNCOUNTED,),
    "first_pass_yield": (_UNCOUNTED,),
}


def _why(slug: str, start: date, end: date) -> str:
    if slug in ("mtbf", "mttr"):
        return f"No breakdown between {start} and {end}, so there is nothing to divide by."
    if slug == "availability":
        return f"No planned production time between {start} and {end}."
    return f"The runs between {start} and {end} have no counts; enter them on the Production page."


def _delivery(start: date, end: date) -> Figure:
    """Orders delivered on or before promise / orders delivered with a promise, by delivery day."""
    row = database.one(
        "SELECT count(*) AS delivered, count(*) FILTER (WHERE promised_on IS NULL) AS unpromised, "
        "count(*) FILTER (WHERE delivered_on <= promised_on) AS kept, "
        "(SELECT string_agg(source, ', ') FROM feeds WHERE dataset = 'deliveries') AS source, "
        "(SELECT min(last_seen) FROM feeds WHERE dataset = 'deliveries') AS as_of, "
        "(SELECT bool_or(source = 'sample') FROM feeds WHERE dataset = 'deliveries') AS sample "
        "FROM deliveries WHERE delivered_on BETWEEN :start AND :end",
        start=start, end=end,
    )  # fmt: skip
    assert row is not None
    judged = row["delivered"] - row["unpromised"]
    excluded = {"orders without a promise": row["unpromised"]} if row["unpromised"] else {}
    found = row["kept"] / judged * 100 if judged else None
    reason = None if judged else (
        f"No promised order was delivered between {start} and {end}; import deliveries with "
        "`python manage.py import deliveries FILE`.")  # fmt: skip
    return Figure("on_time_delivery_pct", found, reason, row["source"], row["as_of"], row["kept"],
                  judged, excluded, bool(row["sample"]))  # fmt: skip


def _delivery_series(start: date, end: date, by: str) -> pd.DataFrame:
    group = _GROUPS[by].replace("r.day", "delivered_on")
    frame: pd.DataFrame = database.frame(
        f"SELECT {group} AS {by}, 100.0 * count(*) FILTER (WHERE delivered_on <= promised_on) "
        "/ nullif(count(promised_on), 0) AS value FROM deliveries "
        f"WHERE delivered_on BETWEEN :start AND :end GROUP BY 1 ORDER BY 1",
        start=start, end=end,
    )  # fmt: skip
    frame["value"] = frame["value"].astype("float64")
    return frame
