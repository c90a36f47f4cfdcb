"""What the Performance page, alerts and Prometheus ask about this system.

All instants are aware, in UTC. `instance` is a host's name, or None for all hosts together; how
several hosts become one figure is written in config/metrics.py. Missing is NaN or None, never 0.
"""

from __future__ import annotations

from data.queries.metrics_application import names, quantile, quantiles, rates, slowest
from data.queries.metrics_jobs import Statements, jobs, processes, statements, workers
from data.queries.metrics_latest import Latest, instances, latest
from data.queries.metrics_resolution import MAX_POINTS, Resolution, choose
from data.queries.metrics_series import parts, samples, series

__all__ = [
    "MAX_POINTS",
    "Latest",
    "Resolution",
    "Statements",
    "choose",
    "instances",
    "jobs",
    "latest",
    "names",
    "parts",
    "processes",
    "quantile",
    "quantiles",
    "rates",
    "samples",
    "series",
    "slowest",
    "statements",
    "workers",
]
