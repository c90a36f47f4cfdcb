"""Minutes and hours of requests and page runs: counts added, histograms merged."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from data.metrics.histogram import Histogram

# Several processes of one host cover the same time side by side, so their covered time is that of
# the longest, and their open pages and connections add up.
_READ = """
    SELECT step, kind, name, max(covered_s) AS covered_s, sum(count) AS count,
           sum(errors) AS errors, sum(total_s) AS total_s, string_agg(buckets, '') AS buckets,
           sum(open_pages) AS open_pages, sum(pool_in_use) AS pool_in_use,
           sum(pool_size) AS pool_size
    FROM (
        SELECT date_trunc('{unit}', at, 'UTC') AS step, kind, name, sum(covered_s) AS covered_s,
               sum(count) AS count, sum(errors) AS errors, sum(total_s) AS total_s,
               string_agg(buckets, '') AS buckets, avg(open_pages) AS open_pages,
               avg(pool_in_use) AS pool_in_use, avg(pool_size) AS pool_size
        FROM application_{source}
        WHERE instance = :instance AND at >= :first AND at < :last
        GROUP BY step, kind, name {process}
    ) processes GROUP BY step, kind, name
"""
_COLUMNS = (
    "covered_s", "count", "errors", "total_s", "buckets", "open_pages", "pool_in_use", "pool_size",
)  # fmt: skip


def close(opened: Connection, source: str, target: str, unit: str, bound: dict[str, Any]) -> None:
    """Roll up [first, last) of one host (`bound`) from application_<source> to _<target>."""
    process = ", process" if source == "samples" else ""
    read = text(_READ.format(unit=unit, source=source, process=process))
    rows = [dict(row) for row in opened.execute(read, bound).mappings()]
    if not rows:
        return
    for row in rows:
        row["buckets"] = Histogram.decode(row["buckets"]).encode()
        row["instance"] = bound["instance"]
    opened.execute(text(_write(target)), rows)


def _write(target: str) -> str:
    return f"""
        INSERT INTO application_{target} (at, instance, kind, name, {", ".join(_COLUMNS)})
        VALUES (:step, :instance, :kind, :name, {", ".join(f":{name}" for name in _COLUMNS)})
        ON CONFLICT (kind, name, instance, at) DO UPDATE SET
        {", ".join(f"{name} = EXCLUDED.{name}" for name in _COLUMNS)}
    """
