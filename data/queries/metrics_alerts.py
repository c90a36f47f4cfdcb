"""Samples of one metric as alert rules read them: per host, plain numbers, no frames."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from config.metrics import Metric
from config.settings import settings
from data import database
from data.queries import metrics_buckets

Samples = dict[str, list[tuple[datetime, float]]]
_GAUGES = {
    "open_pages": "sum(open_pages)",
    "pool_in_use": "sum(pool_in_use)",
    "pool_pct": "max(100 * pool_in_use / nullif(pool_size, 0))",
}


def samples(metric: Metric, start: datetime, end: datetime) -> Samples:
    """Samples in (start, end] by instance, ascending."""
    age = datetime.now(UTC) - start
    level = "samples" if age <= timedelta(days=settings().metrics_raw_days) else "minutes"
    if metric.stored:
        sql = f"SELECT instance, at, {metric.name} AS value FROM metric_{level}"
        return _grouped(database.read(f"{sql} {_WHERE} ORDER BY at", start=start, end=end))
    if metric.name in _GAUGES:
        sql = f"SELECT instance, at, {_GAUGES[metric.name]} AS value FROM application_{level}"
        sql += f" {_WHERE} AND kind = 'request' AND name = '' GROUP BY 1, 2 ORDER BY at"
        return _grouped(database.read(sql, start=start, end=end))
    return _merged(metric, level, start, end)


_WHERE = "WHERE at > :start AND at <= :end"


def _grouped(rows: Any) -> Samples:
    made: Samples = defaultdict(list)
    for row in rows:
        if row["value"] is not None:
            made[row["instance"]].append((row["at"], float(row["value"])))
    return dict(made)


def _merged(metric: Metric, level: str, start: datetime, end: datetime) -> Samples:
    """Rates, error rates and quantiles: one figure a tick of each host."""
    rows = database.read(
        f"""
        SELECT instance, at, sum(count / nullif(covered_s, 0)) AS rate,
               100.0 * sum(errors) / nullif(sum(count), 0) AS error_rate,
               string_agg(buckets, '') AS buckets
        FROM application_{level} {_WHERE} AND name = '' AND kind = :kind
        GROUP BY 1, 2 ORDER BY at
        """,
        start=start,
        end=end,
        kind="page" if metric.name.startswith("page_") else "request",
    )
    what = metric.name.rsplit("_", 1)[1]
    if what.startswith("p"):
        encoded = [row["buckets"] for row in rows]
        found = metrics_buckets.quantiles(encoded, [int(what[1:]) / 100])[:, 0].tolist()
        pairs = zip(rows, found, strict=True)
        return _grouped({**row, "value": v} for row, v in pairs if len(row["buckets"]))
    column = "error_rate" if metric.name.endswith("error_rate") else "rate"
    return _grouped({**row, "value": row[column]} for row in rows)
