"""Live metrics as signals: `system.cpu_pct`, `application.error_rate`, …, one label set a host."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from alerts.series import Series
from alerts.signals import Signal
from config.metrics import METRICS, Metric
from data.queries import metrics


def signals() -> list[Signal]:
    """One signal a metric, named after its area."""
    return [
        Signal(
            f"{metric.area}.{metric.name}",
            metric.title,
            _UNITS.get(metric.unit, metric.unit),
            metric.area,
            ("instance",),
            bound=partial(_bound, metric),
        )
        for metric in METRICS.values()
    ]


_UNITS = {"percent": "%", "seconds": "s", "per_second": "/s", "number": "", "count": ""}


def _bound(metric: Metric, name: str) -> float | None:
    found: float | None = getattr(metric, name, None)
    return found


def read(name: str, start: datetime, end: datetime) -> list[Series]:
    """Samples of (start, end] by host."""
    found = metrics.samples(name.partition(".")[2], start, end)
    return [Series.of({"instance": host}, samples) for host, samples in sorted(found.items())]
