"""Calls, failures, latency, age and quota of every vendor, as `/metrics` exposes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from data import database
from data.integrations.status import CONNECTED, standings

_CALLS = """
SELECT connection, operation, count(*) AS calls, sum(retries) AS retries,
    count(*) FILTER (WHERE error IS NOT NULL) AS failures, sum(ms) / 1000 AS seconds,
    sum(bytes) AS bytes
FROM integration_calls WHERE at > now() - interval '1 hour'
GROUP BY connection, operation ORDER BY connection, operation
"""


@dataclass(frozen=True)
class Figure:
    """One sample of the Prometheus exposition."""

    name: str
    help: str
    kind: Literal["gauge"]
    labels: Mapping[str, str]
    value: float


def figures() -> list[Figure]:
    """Every sample. Raises DatabaseUnavailable."""
    return [*_calls(), *_standings()]


def _calls() -> Iterator[Figure]:
    told = (
        ("calls", "Calls of the last hour.", "calls"),
        ("failures", "Failed calls of the last hour.", "failures"),
        ("retries", "Repeated attempts of the last hour.", "retries"),
        ("bytes", "Bytes received in the last hour.", "bytes"),
    )
    for row in database.read(_CALLS):
        labels = {"integration": row["connection"], "operation": row["operation"]}
        for name, text, column in told:
            yield Figure(f"sentia_integration_{name}", text, "gauge", labels, float(row[column]))
        mean = float(row["seconds"]) / int(row["calls"])
        text = "Mean seconds a call of the last hour took."
        yield Figure("sentia_integration_latency_seconds", text, "gauge", labels, mean)


def _standings() -> Iterator[Figure]:
    for each in standings():
        labels = {"integration": each.connection.name}
        up = float(each.state == CONNECTED)
        yield Figure("sentia_integration_connected", "1 when connected.", "gauge", labels, up)
        if each.age_s is not None:
            text = "Seconds since the last good synchronisation."
            yield Figure("sentia_integration_age_seconds", text, "gauge", labels, each.age_s)
        for name, line in each.quota.items():
            if line["remaining"] is not None:
                yield Figure(
                    "sentia_integration_quota_remaining",
                    "What is left of the vendor's allowance.",
                    "gauge",
                    {**labels, "quota": name},
                    float(line["remaining"]),
                )
