"""Stored metrics over time, at the resolution that fits the range."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from config.metrics import METRICS
from data import database
from data.queries.metrics_gaps import with_gaps
from data.queries.metrics_resolution import MAX_POINTS, Resolution, choose

if TYPE_CHECKING:
    import pandas as pd

# Roll-ups lag by the step that is still open; what they miss is made of the finer level.
_OPEN_MINUTES = """
    AND at >= least(CAST(:end AS timestamptz), now()) - interval '15 minutes' AND NOT EXISTS (
        SELECT FROM metric_minutes m
        WHERE m.instance = s.instance AND m.at = date_trunc('minute', s.at, 'UTC'))
"""
_OPEN_HOURS = """
    AND at >= least(CAST(:end AS timestamptz), now()) - interval '3 hours' AND NOT EXISTS (
        SELECT FROM metric_hours h
        WHERE h.instance = s.instance AND h.at = date_trunc('hour', s.at, 'UTC'))
"""
# How several instances of one moment become one; see Metric.aggregation.
_ACROSS = {
    "mean": "avg({0}) AS {0}, min({0}_min) AS {0}_min, max({0}_max) AS {0}_max",
    "sum": "sum({0}) AS {0}, sum({0}_min) AS {0}_min, sum({0}_max) AS {0}_max",
    "max": "max({0}) AS {0}, min({0}_min) AS {0}_min, max({0}_max) AS {0}_max",
}


def series(
    metrics: Sequence[str],
    start: datetime,
    end: datetime,
    instance: str | None = None,
    max_points: int = MAX_POINTS,
) -> pd.DataFrame:
    """Stored metrics over [start, end): index `at`, one column a metric, in its catalogue's unit.

    Beside each column `m` stand `m_min` and `m_max`, the extremes within the step. At most
    `max_points` rows; where samples are missing stands one row of NaN. Raises KeyError on a name
    that is not stored.
    """
    for name in metrics:
        if not METRICS[name].stored:
            raise KeyError(f"{name} is not stored; rates() and quantiles() give it")
    chosen = choose(start, end, max_points)
    frame = database.frame(_question(metrics, chosen, instance), **_bound(chosen, instance))
    return with_gaps(frame, chosen)


def _bound(chosen: Resolution, instance: str | None) -> dict[str, Any]:
    only = {} if instance is None else {"instance": instance}
    return {"start": chosen.start, "end": chosen.end, "width": chosen.width, **only}


def _question(metrics: Sequence[str], chosen: Resolution, instance: str | None) -> str:
    within = ", ".join(
        f"sum({name} * samples) / sum(samples) FILTER (WHERE {name} IS NOT NULL) AS {name}, "
        f"min({name}_min) AS {name}_min, max({name}_max) AS {name}_max"
        for name in metrics
    )
    across = ", ".join(_ACROSS[METRICS[name].aggregation].format(name) for name in metrics)
    return f"""
        SELECT at, {across} FROM (
            SELECT date_bin(:width, at, '1970-01-01+00') AS at, instance, {within}
            FROM ({_source(metrics, chosen, instance)}) source GROUP BY 1, 2
        ) instances GROUP BY at ORDER BY at
    """


def _source(metrics: Sequence[str], chosen: Resolution, instance: str | None) -> str:
    """The chosen level, and what finer levels know of the steps it has not closed."""
    where = "WHERE at >= :start AND at < :end"
    where += "" if instance is None else " AND instance = :instance"
    once = ", ".join(f"{name}, {name} AS {name}_min, {name} AS {name}_max" for name in metrics)
    thrice = ", ".join(f"{name}, {name}_min, {name}_max" for name in metrics)
    samples = f"SELECT at, instance, 1 AS samples, {once} FROM metric_samples s {where}"
    minutes = f"SELECT at, instance, samples, {thrice} FROM metric_minutes s {where}"
    hours = f"SELECT at, instance, samples, {thrice} FROM metric_hours s {where}"
    if chosen.source == "samples":
        return samples
    if chosen.source == "minutes":
        return f"{minutes} UNION ALL {samples} {_OPEN_MINUTES}"
    return f"{hours} UNION ALL {minutes} {_OPEN_HOURS} UNION ALL {samples} {_OPEN_MINUTES}"


def parts(
    prefix: str,
    start: datetime,
    end: datetime,
    instance: str | None = None,
    max_points: int = MAX_POINTS,
) -> pd.DataFrame:
    """What `metric_samples.parts` holds under names that begin with `prefix`: index `at`.

    prefix: `cpu` (columns `cpu.0` …, percent of each core), `disk` (`disk.<mount>.used_pct`),
    `io` (`io.<device>.read_bytes_s`, `.write_bytes_s`, `.busy_pct`), `network`
    (`network.<interface>.receive_bytes_s`, `.send_bytes_s`). Several hosts: the mean of the same
    part. Gaps are rows of NaN.
    """
    chosen = choose(start, end, max_points)
    frame = database.frame(
        _parts_question(prefix, chosen, instance), prefix=prefix, **_bound(chosen, instance)
    )
    wide = frame.pivot(index="at", columns="name", values="value").reset_index()
    wide.columns.name = None
    return with_gaps(wide, chosen)


def _parts_question(prefix: str, chosen: Resolution, instance: str | None) -> str:
    table = f"metric_{chosen.source}"
    only = "" if instance is None else "AND instance = :instance"
    each = (
        "SELECT 'cpu.' || (n - 1) AS name, v AS value "
        "FROM unnest(s.cpu_cores) WITH ORDINALITY AS core (v, n)"
        if prefix == "cpu"
        else "SELECT key AS name, CAST(value AS real) AS value FROM jsonb_each(s.parts) "
        "WHERE starts_with(key, :prefix || '.') AND jsonb_typeof(value) = 'number'"
    )
    return f"""
        SELECT date_bin(:width, s.at, '1970-01-01+00') AS at, part.name, avg(part.value) AS value
        FROM {table} s CROSS JOIN LATERAL ({each}) part
        WHERE s.at >= :start AND s.at < :end {only}
        GROUP BY 1, 2 ORDER BY 1, 2
    """


def samples(name: str, start: datetime, end: datetime) -> dict[str, list[tuple[datetime, float]]]:
    """Every stored sample of one metric in (start, end] by instance, ascending, without gaps.

    For alert rules. Metrics out of the histograms have one figure a tick; a tick without requests
    has no quantile and no error rate. Beyond the raw retention, minutes stand in. Raises KeyError.
    """
    from data.queries import metrics_alerts

    return metrics_alerts.samples(METRICS[name], start, end)
