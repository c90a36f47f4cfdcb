"""Samples, their roll-ups and partitions: nothing is lost, doubled or invented."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from config.metrics import STORED
from config.settings import settings
from data import database as db
from data.metrics import housekeeping, partitions, rollups
from data.metrics.direct import Direct
from data.metrics.store import Sample, SampleWriter

NOON = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)


def _writer(instance: str = "a") -> SampleWriter:
    return SampleWriter(instance, Direct())


def _write(writer: SampleWriter, at: datetime, **values: float | None) -> None:
    writer.write(Sample(dict(values)), at)


def test_the_columns_are_those_of_the_catalogue(database: str) -> None:
    columns = {
        row["column_name"]
        for row in db.read(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'metric_samples'"
        )
    }
    others = {"at", "instance", "interval_s", "cpu_cores", "parts", "errors"}
    assert columns - others == set(STORED)


def test_a_sample_keeps_its_figures_and_what_is_unknown_stays_unknown(database: str) -> None:
    sample = Sample(
        {"cpu_pct": 12.5, "memory_used_bytes": 17179869185.0},
        [10.0, 15.0],
        {"disk./.used_pct": 40.5},
        {"thermometer": "OSError: no answer"},
    )
    _writer().write(sample, NOON)
    row = db.one("SELECT * FROM metric_samples")
    assert row is not None
    assert (row["at"], row["instance"], row["cpu_pct"]) == (NOON, "a", 12.5)
    assert row["memory_used_bytes"] == 17179869185
    assert row["swap_pct"] is None
    assert row["cpu_cores"] == [10.0, 15.0]
    assert row["parts"] == {"disk./.used_pct": 40.5}
    assert row["errors"] == {"thermometer": "OSError: no answer"}


def test_a_sample_without_a_time_lies_on_the_grid_of_the_database_clock(database: str) -> None:
    _writer().write(Sample({"cpu_pct": 1.0}))
    row = db.one("SELECT at, now() AS now FROM metric_samples")
    assert row is not None
    assert row["at"].timestamp() % settings().sample_interval == 0
    assert abs((row["now"] - row["at"]).total_seconds()) <= settings().sample_interval


def test_a_second_worker_on_the_same_host_adds_nothing(database: str) -> None:
    _write(_writer(), NOON, cpu_pct=10.0)
    _write(_writer(), NOON, cpu_pct=90.0)
    assert db.scalar("SELECT sum(cpu_pct) FROM metric_samples") == 10


def test_the_next_minute_closes_the_one_before(database: str) -> None:
    writer = _writer()
    for second, busy in ((0, 10.0), (20, 40.0), (40, None)):
        _write(writer, NOON + timedelta(seconds=second), cpu_pct=busy, load1=1.0)
    assert db.scalar("SELECT count(*) FROM metric_minutes") == 0
    _write(writer, NOON + timedelta(seconds=60), cpu_pct=99.0)
    row = db.one("SELECT * FROM metric_minutes")
    assert row is not None
    assert (row["at"], row["samples"]) == (NOON, 3)
    assert (row["cpu_pct"], row["cpu_pct_min"], row["cpu_pct_max"]) == (25, 10, 40)
    assert row["swap_pct"] is None


def test_cores_and_parts_are_averaged_one_by_one(database: str) -> None:
    writer = _writer()
    writer.write(Sample({}, [0.0, 100.0], {"disk./.used_pct": 40.0}), NOON)
    later = Sample({}, [50.0, 100.0], {"disk./.used_pct": 50.0, "disk./new.used_pct": 1.0})
    writer.write(later, NOON + timedelta(seconds=30))
    _write(writer, NOON + timedelta(seconds=60))
    row = db.one("SELECT cpu_cores, parts FROM metric_minutes")
    assert row is not None
    assert row["cpu_cores"] == [25.0, 100.0]
    assert row["parts"] == {"disk./.used_pct": 45.0, "disk./new.used_pct": 1.0}


def test_an_hour_weighs_its_minutes_by_their_samples(database: str) -> None:
    writer = _writer()
    _write(writer, NOON, cpu_pct=0.0)
    for second in (0, 20, 40):
        _write(writer, NOON + timedelta(minutes=1, seconds=second), cpu_pct=80.0)
    _write(writer, NOON + timedelta(hours=1), cpu_pct=5.0)
    row = db.one("SELECT * FROM metric_hours")
    assert row is not None
    assert (row["at"], row["samples"]) == (NOON, 4)
    assert (row["cpu_pct"], row["cpu_pct_min"], row["cpu_pct_max"]) == (60, 0, 80)


def test_a_restarted_worker_closes_what_the_killed_one_left(database: str) -> None:
    _write(_writer(), NOON, cpu_pct=10.0)
    _write(_writer(), NOON + timedelta(minutes=5), cpu_pct=20.0)
    minutes = db.read("SELECT at, cpu_pct FROM metric_minutes")
    assert [(row["at"], row["cpu_pct"]) for row in minutes] == [(NOON, 10)]


def test_a_clock_set_back_loses_no_minute_and_closes_it_when_left(database: str) -> None:
    writer = _writer()
    _write(writer, NOON, cpu_pct=10.0)
    _write(writer, NOON + timedelta(minutes=1), cpu_pct=20.0)
    back = NOON - timedelta(minutes=30)
    _write(writer, back, cpu_pct=30.0)
    _write(writer, back + timedelta(minutes=1), cpu_pct=40.0)
    _write(writer, NOON + timedelta(minutes=2), cpu_pct=50.0)
    minutes = {
        row["at"]: row["cpu_pct"] for row in db.read("SELECT at, cpu_pct FROM metric_minutes")
    }
    assert minutes == {
        NOON: 10,
        NOON + timedelta(minutes=1): 20,
        back: 30,
        back + timedelta(minutes=1): 40,
    }


def test_closing_twice_changes_nothing(database: str) -> None:
    writer = _writer()
    _write(writer, NOON, cpu_pct=10.0)
    _write(writer, NOON + timedelta(hours=2), cpu_pct=20.0)
    before = db.read("SELECT * FROM metric_minutes"), db.read("SELECT * FROM metric_hours")
    with db.transaction() as opened:
        rollups.close(opened, "metric", "a", NOON + timedelta(hours=2), NOON)
    assert before == (
        db.read("SELECT * FROM metric_minutes"),
        db.read("SELECT * FROM metric_hours"),
    )


def test_a_host_that_falls_silent_is_closed_by_another(database: str) -> None:
    began = datetime.now(UTC) - timedelta(minutes=90)
    _write(_writer("silent"), began, cpu_pct=70.0)
    housekeeping.close_abandoned()
    minute = db.one("SELECT * FROM metric_minutes")
    assert minute is not None
    assert (minute["instance"], minute["cpu_pct"]) == ("silent", 70)
    assert db.scalar("SELECT count(*) FROM metric_hours WHERE instance = 'silent'") == 1


def test_partitions_are_made_when_a_sample_needs_one_and_ahead(database: str) -> None:
    assert partitions.ensure(NOON) > 0
    assert partitions.ensure(NOON) == 0
    names = {
        row["relname"]
        for row in db.read(
            "SELECT relname FROM pg_class WHERE relname LIKE 'metric_samples_2%' AND relkind = 'r'"
        )
    }
    assert names == {f"metric_samples_2026030{day}" for day in (8, 9)} | {
        f"metric_samples_202603{day}" for day in (10, 11, 12, 13)
    }
    _write(_writer(), NOON + timedelta(days=300), cpu_pct=1.0)
    assert db.scalar("SELECT count(*) FROM metric_samples") == 1


def test_partitions_go_when_their_last_instant_is_past_its_retention(database: str) -> None:
    partitions.ensure(NOON - timedelta(days=8))
    partitions.ensure(NOON)
    dropped = partitions.drop_old(NOON)
    assert "metric_samples_20260228" in dropped
    assert "metric_samples_20260301" in dropped
    assert "metric_samples_20260302" not in dropped, "7 days ago at noon is still kept"
    assert not [name for name in dropped if "minutes" in name or "hours" in name]
    assert partitions.drop_old(NOON) == []


def test_retention_follows_the_settings(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_RAW_DAYS", "1")
    monkeypatch.setenv("METRICS_HOUR_DAYS", "400")
    settings.cache_clear()
    kept = {family.table: family.keep_days for family in partitions.families()}
    assert kept["metric_samples"] == 1
    assert kept["metric_minutes"] == 90
    assert kept["application_hours"] == 400
    settings.cache_clear()


def test_a_partition_begins_on_the_same_day_whoever_makes_it() -> None:
    weekly = partitions.Family("metric_minutes", 7, 90)
    starts = {weekly.start_of(date(2026, 3, 5) + timedelta(days=day)) for day in range(7)}
    assert starts == {date(2026, 3, 5)}
