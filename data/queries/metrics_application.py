"""Requests and page runs: rates, errors and quantiles out of merged histograms.

kind is `request`, `page` or `refresh`, which is a part of a page that draws itself again; name is
a route or a page's slug, `` for all of them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from data import database
from data.metrics.application import Kind
from data.queries import metrics_buckets
from data.queries.metrics_gaps import with_gaps
from data.queries.metrics_resolution import MAX_POINTS, Resolution, choose

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = "at, instance, covered_s, count, errors, total_s, buckets"
_OPEN_MINUTES = """
    AND at >= least(CAST(:end AS timestamptz), now()) - interval '15 minutes' AND NOT EXISTS (
        SELECT FROM application_minutes m WHERE m.kind = s.kind AND m.name = s.name
        AND m.instance = s.instance AND m.at = date_trunc('minute', s.at, 'UTC'))
"""
_OPEN_HOURS = """
    AND at >= least(CAST(:end AS timestamptz), now()) - interval '3 hours' AND NOT EXISTS (
        SELECT FROM application_hours h WHERE h.kind = s.kind AND h.name = s.name
        AND h.instance = s.instance AND h.at = date_trunc('hour', s.at, 'UTC'))
"""


def quantiles(
    start: datetime,
    end: datetime,
    *,
    kind: Kind = "request",
    name: str = "",
    instance: str | None = None,
    shares: Sequence[float] = (0.5, 0.95, 0.99),
    max_points: int = MAX_POINTS,
) -> pd.DataFrame:
    """Durations in seconds over [start, end): index `at`, columns `p50`, `p95`, `p99`.

    Of merged buckets, within 2 %. NaN where nothing was asked for or nothing was recorded.
    """
    chosen = choose(start, end, max_points)
    frame = database.frame(
        f"""
        SELECT date_bin(:width, at, '1970-01-01+00') AS at, string_agg(buckets, '') AS buckets
        FROM ({_source(chosen, instance)}) source GROUP BY 1 ORDER BY 1
        """,
        **_bound(chosen, kind, name, instance),
    )
    found = metrics_buckets.quantiles(frame.pop("buckets").tolist(), shares)
    for column, share in enumerate(shares):
        frame[label(share)] = found[:, column]
    return with_gaps(frame, chosen)


def quantile(
    share: float,
    start: datetime,
    end: datetime,
    *,
    kind: Kind = "request",
    name: str = "",
    instance: str | None = None,
) -> float | None:
    """One figure in seconds over all of [start, end); None when there was no request or run."""
    chosen = choose(start, end)
    row = database.one(
        f"SELECT string_agg(buckets, '') AS buckets FROM ({_source(chosen, instance)}) source",
        **_bound(chosen, kind, name, instance),
    )
    if row is None or not row["buckets"]:
        return None
    return float(metrics_buckets.quantiles([row["buckets"]], [share])[0, 0])


def rates(
    start: datetime,
    end: datetime,
    *,
    kind: Kind = "request",
    name: str = "",
    instance: str | None = None,
    max_points: int = MAX_POINTS,
) -> pd.DataFrame:
    """Index `at`; columns `rate` (1/s), `error_rate` (percent), `mean` (seconds), `count`.

    error_rate and mean are NaN where nothing was asked for; all are where nothing was recorded.
    """
    chosen = choose(start, end, max_points)
    frame = database.frame(
        f"""
        SELECT at, sum(count / covered) AS rate,
               100.0 * sum(errors) / nullif(sum(count), 0) AS error_rate,
               sum(total_s) / nullif(sum(count), 0) AS mean, sum(count) AS count
        FROM (
            SELECT date_bin(:width, at, '1970-01-01+00') AS at, instance,
                   nullif(sum(covered_s), 0) AS covered, sum(count) AS count,
                   sum(errors) AS errors, sum(total_s) AS total_s
            FROM ({_source(chosen, instance)}) source GROUP BY 1, 2
        ) instances GROUP BY at ORDER BY at
        """,
        **_bound(chosen, kind, name, instance),
    )
    return with_gaps(frame, chosen)


def slowest(
    start: datetime, end: datetime, kind: Kind = "request", instance: str | None = None
) -> pd.DataFrame:
    """One row a route or page used in [start, end), the slowest p95 first.

    Columns: name, count, error_rate (percent), mean, p50, p95, p99 (seconds).
    """
    chosen = choose(start, end)
    frame = database.frame(
        f"""
        SELECT name, sum(count) AS count, 100.0 * sum(errors) / sum(count) AS error_rate,
               sum(total_s) / sum(count) AS mean, string_agg(buckets, '') AS buckets
        FROM ({_source(chosen, instance, every_name=True)}) source
        GROUP BY name HAVING sum(count) > 0
        """,
        **_bound(chosen, kind, "", instance),
    )
    shares = (0.5, 0.95, 0.99)
    found = metrics_buckets.quantiles(frame.pop("buckets").tolist(), shares)
    for column, share in enumerate(shares):
        frame[label(share)] = found[:, column]
    ordered: pd.DataFrame = frame.sort_values("p95", ascending=False, ignore_index=True)
    return ordered


def names(kind: Kind, start: datetime, end: datetime) -> list[str]:
    """Routes or pages used in [start, end), in alphabetical order."""
    chosen = choose(start, end)
    rows = database.read(
        f"SELECT DISTINCT name FROM ({_source(chosen, None, every_name=True)}) source ORDER BY 1",
        **_bound(chosen, kind, "", None),
    )
    return [str(row["name"]) for row in rows]


def last_minute(instance: str | None = None) -> dict[str, float | None]:
    """The application's metrics of the catalogue over the last minute; None when unknown."""
    rows = database.read(
        """
        SELECT kind, sum(count) AS count, sum(errors) AS errors, string_agg(buckets, '') AS buckets,
               sum(rate) AS rate, sum(open_pages) AS open_pages, sum(pool_in_use) AS pool_in_use,
               max(pool_pct) AS pool_pct
        FROM (
            SELECT kind, sum(count) AS count, sum(errors) AS errors,
                   string_agg(buckets, '') AS buckets,
                   sum(count) / nullif(sum(covered_s), 0) AS rate,
                   (array_agg(open_pages ORDER BY at DESC))[1] AS open_pages,
                   (array_agg(pool_in_use ORDER BY at DESC))[1] AS pool_in_use,
                   (array_agg(100 * pool_in_use / nullif(pool_size, 0) ORDER BY at DESC))[1]
                       AS pool_pct
            FROM application_samples
            WHERE name = '' AND at > now() - interval '1 minute'
              AND (CAST(:instance AS text) IS NULL OR instance = :instance)
            GROUP BY kind, instance, process
        ) processes GROUP BY kind
        """,
        instance=instance,
    )
    made: dict[str, float | None] = {}
    for kind, rate, errors, time in _NAMES:
        row = next((row for row in rows if row["kind"] == kind), None)
        made |= _figures(row, rate, errors, time)
        if kind == "request":
            for gauge in ("open_pages", "pool_in_use", "pool_pct"):
                made[gauge] = None if row is None else row[gauge]
    return made


_NAMES = (
    ("request", "request_rate", "error_rate", "response_time"),
    ("page", "page_rate", "page_error_rate", "page_time"),
)


def _figures(row: Any, rate: str, errors: str, time: str) -> dict[str, float | None]:
    count = None if row is None else int(row["count"])
    buckets = b"" if row is None else bytes(row["buckets"])
    made: dict[str, float | None] = {
        rate: None if row is None else row["rate"],
        errors: 100.0 * int(row["errors"]) / count if count else None,
    }
    shares = (0.5, 0.95, 0.99)
    found = metrics_buckets.quantiles([buckets], shares)[0].tolist()
    for share, seconds in zip(shares, found, strict=True):
        made[f"{time}_{label(share)}"] = seconds if buckets else None
    return made


def label(share: float) -> str:
    """0.95 as `p95`, 0.999 as `p99.9`."""
    return f"p{share * 100:g}"


def _bound(chosen: Resolution, kind: str, name: str, instance: str | None) -> dict[str, Any]:
    given = {"start": chosen.start, "end": chosen.end, "width": chosen.width, "kind": kind}
    return given | {"name": name} | ({} if instance is None else {"instance": instance})


def _source(chosen: Resolution, instance: str | None, every_name: bool = False) -> str:
    """The chosen level, and what finer levels know of the steps it has not closed."""
    where = "WHERE kind = :kind AND at >= :start AND at < :end AND name "
    where += "<> ''" if every_name else "= :name"
    where += "" if instance is None else " AND instance = :instance"
    samples, minutes, hours = (
        f"SELECT {_COLUMNS}, name FROM application_{level} s {where}"
        for level in ("samples", "minutes", "hours")
    )
    if chosen.source == "samples":
        return samples
    if chosen.source == "minutes":
        return f"{minutes} UNION ALL {samples} {_OPEN_MINUTES}"
    return f"{hours} UNION ALL {minutes} {_OPEN_HOURS} UNION ALL {samples} {_OPEN_MINUTES}"
