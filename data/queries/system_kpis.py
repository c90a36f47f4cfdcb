"""System KPIs of the catalogue over company days, from the samples of all hosts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pandas as pd

from config.kpis import kpi
from data import company
from data.queries import metrics
from data.queries.figure import Figure

Moment = datetime
_NOTHING = "Nothing was sampled in this period; the worker takes samples, see whether it runs."
_NO_REQUESTS = "No request was counted in this period."
_STATEMENTS = (
    "PostgreSQL keeps its statements since it started, not by day; the Performance page lists them."
)
# KPI → the metrics whose means are added up.
_MEANS = {
    "cpu_pct": ("cpu_pct",),
    "memory_pct": ("memory_pct",),
    "load": ("load1",),
    "disk_pct": ("disk_pct",),
    "network": ("network_receive_bytes_s", "network_send_bytes_s"),
    "database_connections": ("database_connections",),
    "database_pool_use": ("database_connections_pct",),
    "database_size": ("database_size_bytes",),
}


def value(slug: str, start: date, end: date) -> Figure:
    """The mean over the days, of response times the percentile; in the catalogue's unit."""
    latest, source = metrics.latest(), kpi(slug).source
    begin, until = _midnight(start), min(_midnight(end + timedelta(1)), datetime.now(UTC))
    if begin >= until:
        return Figure(slug, None, f"The period begins on {start}, which is yet to come.", source)
    if slug == "slowest_queries":
        return Figure(slug, None, _STATEMENTS, source, latest.at)
    found = _COMPUTE[slug](begin, until)
    nothing = _NOTHING if slug in _MEANS else _NO_REQUESTS
    return Figure(slug, found, None if found is not None else nothing, source, latest.at)


def series(_slug: str, _start: date, _end: date, by: str) -> pd.DataFrame:
    """The catalogue offers no breakdown of these; the Performance page shows them over time."""
    return pd.DataFrame({by: pd.Series(dtype="str"), "value": pd.Series(dtype="float64")})


def history(slug: str, start: date, end: date) -> pd.DataFrame:
    """The KPI as it was measured: index `at` (UTC), column `value`, gaps as NaN.

    Empty where nothing keeps it over time.
    """
    begin, until = _midnight(start), min(_midnight(end + timedelta(1)), datetime.now(UTC))
    if slug not in _LINES or begin >= until:
        return pd.DataFrame({"value": pd.Series(dtype="float64")})
    return _LINES[slug](begin, until).to_frame("value")


def _midnight(day: date) -> Moment:
    return datetime.combine(day, time(), company.zone()).astimezone(UTC)


def _mean(*names: str) -> Callable[[Moment, Moment], float | None]:
    def compute(begin: Moment, until: Moment) -> float | None:
        found = _line(*names)(begin, until)
        return None if found.isna().all() else float(found.mean())

    return compute


def _line(*names: str) -> Callable[[Moment, Moment], pd.Series]:
    def compute(begin: Moment, until: Moment) -> pd.Series:
        found = metrics.series(names, begin, until)
        return found[list(names)].sum(axis=1, min_count=len(names))

    return compute


def _quantile(share: float) -> Callable[[Moment, Moment], float | None]:
    return lambda begin, until: metrics.quantile(share, begin, until)


def _request_rate(begin: Moment, until: Moment) -> float | None:
    rate = metrics.rates(begin, until)["rate"].astype("float64")
    return None if rate.isna().all() else float(rate.mean())


def _error_rate(begin: Moment, until: Moment) -> float | None:
    """Errors of all requests, not the mean of the steps' shares."""
    found = metrics.rates(begin, until)[["error_rate", "count"]].astype("float64")
    count = found["count"].sum()
    return float((found["error_rate"] * found["count"]).sum() / count) if count else None


def _rated(column: str) -> Callable[[Moment, Moment], pd.Series]:
    return lambda begin, until: metrics.rates(begin, until)[column]


def _quantiles(column: str) -> Callable[[Moment, Moment], pd.Series]:
    return lambda begin, until: metrics.quantiles(begin, until)[column]


_LINES: dict[str, Callable[[Moment, Moment], pd.Series]] = {
    **{slug: _line(*names) for slug, names in _MEANS.items()},
    "requests_per_second": _rated("rate"),
    "error_rate": _rated("error_rate"),
    **{f"response_time_{name}": _quantiles(name) for name in ("p50", "p95", "p99")},
}
_COMPUTE: dict[str, Callable[[Moment, Moment], float | None]] = {
    **{slug: _mean(*names) for slug, names in _MEANS.items()},
    "requests_per_second": _request_rate,
    "error_rate": _error_rate,
    "response_time_p50": _quantile(0.5),
    "response_time_p95": _quantile(0.95),
    "response_time_p99": _quantile(0.99),
}
