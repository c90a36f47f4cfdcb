"""`/metrics` holds what is promised, in the form that Prometheus takes."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.product import RunningApp

PROMISED = (
    "process_resident_memory_bytes",
    "sentia_host_cpu_seconds",
    "http_requests",
    "http_request_duration_seconds",
    "sentia_page_run_duration_seconds",
    "sentia_database_pool_connections",
    "sentia_database_up",
    "sentia_job_last_success_timestamp_seconds",
    "sentia_sessions_open",
    "sentia_sessions_signed_in",
)


@pytest.mark.parametrize("name", PROMISED)
def test_a_promised_series_is_there(app: RunningApp, name: str) -> None:
    families = {family.name for family in text_string_to_metric_families(exposition(app))}
    assert name in families


def test_promtool_finds_nothing_to_complain_about(app: RunningApp) -> None:
    app.get("/api/docs")
    app.get("/nothing")
    text = exposition(app)
    assert list(text_string_to_metric_families(text))
    if (promtool := shutil.which("promtool")) is not None:
        done = subprocess.run(
            [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_requests_are_counted_by_route_and_not_by_path(app: RunningApp) -> None:
    for number in range(50):
        app.get(f"/made-up-{number}")
        app.get(f"/api/made-up-{number}")
    routes = {
        sample.labels["route"]
        for family in text_string_to_metric_families(exposition(app))
        if family.name == "http_requests"
        for sample in family.samples
    }
    assert not [route for route in routes if "made-up" in route]
    assert "/health/ready" in routes


def exposition(app: RunningApp) -> str:
    app.wait_for("/metrics", 200)
    return app.get("/metrics")[1]
