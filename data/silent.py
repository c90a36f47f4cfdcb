"""Cuts off workers that were stopped: they do nothing, and keep their locks and transactions.

Every worker speaks on its leading connection every two seconds, whether it leads or not, and the
server knows when it last did. That connection is called like the worker's others, and ` leads`.
"""

from __future__ import annotations

# By its own clock a worker that is silent for as long no longer believes that it leads.
SILENT_S = 9.0
CUT_OFF = """
SELECT count(pg_terminate_backend(a.pid)) FROM pg_stat_activity h
JOIN pg_stat_activity a ON a.datid = h.datid AND a.usename = h.usename
  AND h.application_name IN (a.application_name, a.application_name || ' leads')
WHERE h.application_name LIKE 'sentia worker %% leads' AND h.datname = current_database()
  AND h.state_change < clock_timestamp() - make_interval(secs => %s)
"""
