"""Headings and units of the tables on the Performance page."""

from __future__ import annotations

from collections.abc import Mapping

Columns = Mapping[str, str]

JOBS: Columns = {
    "job": "Job",
    "host": "Host",
    "started_at": "Last start",
    "success_age_s": "Since success",
    "duration_s": "Took",
    "runs": "Runs",
    "failures": "Failures",
    "error": "Error",
}
PROCESSES: Columns = {
    "host": "Host",
    "kind": "Kind",
    "pid": "PID",
    "started_at": "Started",
    "age_s": "Last seen",
    "leads": "Leads",
    "alive": "Alive",
}
SLOWEST: Columns = {
    "name": "Name",
    "count": "Count",
    "error_rate": "Errors",
    "p50": "p50",
    "p95": "p95",
    "p99": "p99",
}
STATEMENTS: Columns = {
    "statement": "Statement",
    "calls": "Calls",
    "mean_s": "Mean",
    "total_s": "Total",
    "rows": "Rows",
    "share_pct": "Share",
}
FORMATS: Columns = {
    "success_age_s": "seconds",
    "duration_s": "seconds",
    "age_s": "seconds",
    "error_rate": "percent",
    "p50": "seconds",
    "p95": "seconds",
    "p99": "seconds",
    "mean_s": "seconds",
    "total_s": "seconds",
    "share_pct": "percent",
    "count": "count",
    "calls": "count",
    "rows": "count",
}
