"""Minutes out of samples and hours out of minutes, closed by whoever writes the next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, text

from config.metrics import STORED
from data.metrics import application_rollups


@dataclass(frozen=True)
class Step:
    """One roll-up: rows of `source` within one `unit` become one row of `target`.

    at_once: what one statement closes at most, so that it stays far from its time limit.
    """

    source: str
    target: str
    unit: str
    at_once: timedelta


STEPS = (
    Step("samples", "minutes", "minute", timedelta(hours=6)),
    Step("minutes", "hours", "hour", timedelta(days=30)),
)


def close(
    opened: Connection,
    area: str,
    instance: str,
    until: datetime,
    left: datetime | None = None,
) -> None:
    """Roll up all steps of a host that ended by `until` and are not closed yet.

    area: `metric` or `application`. left: the sample before this one; its steps are closed again,
    so that a clock that was set back leaves no step out. Safe to repeat; one at a time a host.
    """
    opened.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"{area} roll-ups {instance}"},
    )
    for step in STEPS:
        span = opened.execute(
            text(_SPAN.format(area=area, step=step)),
            {"instance": instance, "until": until, "left": left or until},
        ).one()
        first = span.first
        while first is not None and first < span.last:
            last = min(span.last, first + step.at_once)
            _close(opened, area, step, {"instance": instance, "first": first, "last": last})
            first = last


def _close(opened: Connection, area: str, step: Step, bound: dict[str, Any]) -> None:
    if area == "metric":
        opened.execute(text(_metric_statement(step)), bound)
    else:
        application_rollups.close(opened, step.source, step.target, step.unit, bound)


_SPAN = """
    SELECT least(
        coalesce(
            (SELECT max(at) + interval '1 {step.unit}' FROM {area}_{step.target}
             WHERE instance = :instance),
            (SELECT date_trunc('{step.unit}', min(at), 'UTC') FROM {area}_{step.source}
             WHERE instance = :instance)
        ),
        date_trunc('{step.unit}', CAST(:left AS timestamptz), 'UTC')
    ) AS first, date_trunc('{step.unit}', CAST(:until AS timestamptz), 'UTC') AS last
"""


@lru_cache
def _metric_statement(step: Step) -> str:
    """One statement for all metrics; a host's mean over minutes weighs them by their samples."""
    once = step.source == "samples"
    weight = "count(*)" if once else "sum(samples)"
    figures = [
        (
            f"avg({name}), min({name}), max({name})"
            if once
            else f"sum({name} * samples) / sum(samples) FILTER (WHERE {name} IS NOT NULL), "
            f"min({name}_min), max({name}_max)"
        )
        for name in STORED
    ]
    columns = [f"{name}{suffix}" for name in STORED for suffix in ("", "_min", "_max")]
    columns = ["samples", *columns, "cpu_cores", "parts"]
    return f"""
        WITH source AS MATERIALIZED (
            SELECT *, date_trunc('{step.unit}', at, 'UTC') AS step FROM metric_{step.source}
            WHERE instance = :instance AND at >= :first AND at < :last
        ), cores AS (
            SELECT step, array_agg(busy ORDER BY core) AS cpu_cores FROM (
                SELECT step, core, CAST(avg(v) AS real) AS busy
                FROM source, unnest(cpu_cores) WITH ORDINALITY AS one (v, core) GROUP BY 1, 2
            ) each_core GROUP BY step
        ), named AS (
            SELECT step, jsonb_object_agg(key, value) AS parts FROM (
                SELECT step, key, CAST(avg(CAST(value AS double precision)) AS real) AS value
                FROM source, jsonb_each(parts) WHERE jsonb_typeof(value) = 'number' GROUP BY 1, 2
            ) each_part GROUP BY step
        ), figures (step, {_listed(len(columns) - 2)}) AS (
            SELECT step, {weight}, {", ".join(figures)} FROM source GROUP BY step
        )
        INSERT INTO metric_{step.target} (at, instance, {", ".join(columns)})
        SELECT figures.step, :instance, {_listed(len(columns) - 2)}, cpu_cores, parts
        FROM figures LEFT JOIN cores USING (step) LEFT JOIN named USING (step)
        ON CONFLICT (instance, at) DO UPDATE SET
        {", ".join(f"{column} = EXCLUDED.{column}" for column in columns)}
    """


def _listed(count: int) -> str:
    return ", ".join(f"f{number}" for number in range(count))
