"""A worker that was stopped in the middle of judging stops no other process and is missed."""

from __future__ import annotations

import time

import psycopg2
import pytest

from alerts import delivery, duties, rulebook
from data import database as data
from data import silent
from tests.alerts.world import channel


def test_the_web_process_cuts_off_a_stopped_worker_and_tells_that_it_is_silent(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rulebook.install_defaults()
    channel("mail")
    data.execute("INSERT INTO alert_cycles VALUES (30000, now() - interval '5 minutes')")
    data.execute(
        "INSERT INTO job_runs (job, host, pid, started_at, runs, failures) "
        "VALUES ('judge alert rules', 'a', 1, now() - interval '5 minutes', 1, 0)"
    )
    leading = psycopg2.connect(database, application_name="sentia worker 1 leads")
    leading.autocommit = True
    leading.cursor().execute("SELECT 1")
    judging = psycopg2.connect(database, application_name="sentia worker 1")
    judging.cursor().execute("UPDATE alert_cycles SET evaluated_at = now()")
    time.sleep(0.3)
    monkeypatch.setattr(silent, "SILENT_S", 0.2)
    monkeypatch.setattr(delivery, "deliver", lambda: 0)
    began = time.monotonic()
    cycle = duties.watch_worker()
    assert time.monotonic() - began < 5
    assert (cycle.rules, cycle.changes) == (1, 1)
    assert data.scalar("SELECT rule_name FROM alert_incidents") == "Worker silent"
    for cut in (leading, judging):
        with pytest.raises(psycopg2.Error):
            cut.cursor().execute("SELECT 1")
