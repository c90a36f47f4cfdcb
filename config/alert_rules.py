"""The alert rules that a new installation comes with, in the form people edit and export."""

from __future__ import annotations

DEFAULT_RULES = """
[[rule]]
name = "CPU high"
signal = "system.cpu_pct"
threshold = 85
for = "5m"
severity = "critical"
description = "The processors of this instance are busy nearly all the time."

[[rule]]
name = "Memory high"
signal = "system.memory_pct"
threshold = 90
for = "3m"
severity = "critical"
description = "This instance is about to run out of memory."

[[rule]]
name = "Error rate high"
signal = "application.error_rate"
threshold = 5
for = "1m"
severity = "critical"
description = "More than one request in twenty is answered with a server error."

[[rule]]
name = "Response time high"
signal = "application.response_time_p95"
threshold = 2
for = "5m"
severity = "warning"
description = "The slowest 5 % of requests take more than 2 seconds."

[[rule]]
name = "Database unreachable"
signal = "database.reachable"
op = "<"
threshold = 1
for = "5s"
every = "5s"
no_data = "keep"
severity = "critical"
description = "PostgreSQL does not answer; the worker tells this from memory."

[[rule]]
name = "Integration failing"
signal = "integration.failed_syncs"
op = ">="
threshold = 3
for = "0s"
every = "1m"
severity = "warning"
description = "Three syncs in a row have failed."

[[rule]]
name = "Integration stale"
signal = "integration.age_ratio"
threshold = 1
for = "5m"
every = "1m"
severity = "warning"
description = "Its last good sync is more than three intervals ago."

[[rule]]
name = "Integration differs"
signal = "integration.difference_pct"
threshold = 0.5
for = "0s"
every = "15m"
staleness = "30m"
severity = "warning"
description = "A total of the last 60 days is off the vendor's own by more than 0.5 %."

[[rule]]
name = "KPI past its critical bound"
signal = "kpi.beyond_critical_pct"
threshold = 0
for = "0s"
every = "15m"
staleness = "30m"
severity = "warning"
description = "How far the KPI of the last 30 days lies beyond its critical bound, in % of it."

[[rule]]
name = "Backup missing"
signal = "backup.age_hours"
threshold = 26
for = "0s"
every = "5m"
staleness = "15m"
severity = "critical"
description = "No backup is younger than 26 hours; `python manage.py backup` makes one."

[[rule]]
name = "Worker silent"
signal = "worker.silent_s"
threshold = 120
for = "0s"
every = "30s"
severity = "critical"
description = "The worker collects, judges and sends nothing; the web process tells this."

[[rule]]
name = "Alert rule in error"
signal = "alerts.rule_in_error"
threshold = 0
for = "1m"
severity = "warning"
description = "This rule cannot be judged, so it would not fire."
"""
