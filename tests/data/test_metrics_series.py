"""Series over time: the right level, gaps as gaps, extremes kept, several hosts as one."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import database as db
from data.metrics.direct import Direct
from data.metrics.store import Sample, SampleWriter
from data.queries import metrics

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
NOON = NOW - timedelta(minutes=10)


def _ten_minutes_ago() -> datetime:
    """Of now, not of when the suite began: only lately is there anything that is not rolled up."""
    return datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=10)


def _write(instance: str, start: datetime, seconds: list[int], **values: float | None) -> None:
    writer = SampleWriter(instance, Direct())
    for second in seconds:
        at = start + timedelta(seconds=second)
        writer.write(Sample(dict(values), [10.0, 30.0], {"disk./.used_pct": 40.0}), at)


@pytest.mark.parametrize(
    ("span", "source"),
    [
        (timedelta(minutes=5), "samples"),
        (timedelta(hours=2), "samples"),
        (timedelta(hours=6), "minutes"),
        (timedelta(days=7), "minutes"),
        (timedelta(days=30), "hours"),
        (timedelta(days=365), "hours"),
    ],
)
def test_the_level_follows_the_length_of_the_range(span: timedelta, source: str) -> None:
    assert metrics.choose(NOW - span, NOW, now=NOW).source == source


def test_a_short_range_long_ago_is_answered_by_what_is_still_kept() -> None:
    hour = timedelta(hours=1)
    month_ago, year_ago = NOW - timedelta(days=30), NOW - timedelta(days=300)
    assert metrics.choose(month_ago, month_ago + hour, now=NOW).source == "minutes"
    assert metrics.choose(year_ago, year_ago + hour, now=NOW).source == "hours"


@given(st.integers(1, 3 * 365 * 24 * 3600), st.integers(0, 86400), st.integers(2, 3000))
def test_there_are_never_more_steps_than_points_wanted(
    seconds: int, offset: int, points: int
) -> None:
    start = NOW - timedelta(seconds=seconds + offset)
    chosen = metrics.choose(start, start + timedelta(seconds=seconds), points, now=NOW)
    assert chosen.start <= start
    assert math.ceil((chosen.end - chosen.start) / chosen.width) <= points
    assert (chosen.width % chosen.step) == timedelta(0)


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="begin before"):
        metrics.choose(NOW, NOW)


def test_a_gap_is_a_row_without_figures(database: str) -> None:
    _write("a", NOON, [0, 5, 10, 60, 65], cpu_pct=50.0)
    found = metrics.series(["cpu_pct"], NOON, NOON + timedelta(minutes=2))
    offsets = [(at - NOON).total_seconds() for at in found.index]
    assert offsets == [0, 5, 10, 15, 60, 65]
    assert found["cpu_pct"].isna().tolist() == [False, False, False, True, False, False]


def test_one_late_sample_is_no_gap(database: str) -> None:
    _write("a", NOON, [0, 5, 15, 20], cpu_pct=50.0)
    assert not metrics.series(["cpu_pct"], NOON, NOON + timedelta(minutes=1)).isna().any().any()


def test_what_a_failing_collector_did_not_tell_is_a_gap_too(database: str) -> None:
    _write("a", NOON, [0], cpu_pct=50.0)
    _write("a", NOON, [5], cpu_pct=None)
    found = metrics.series(["cpu_pct"], NOON, NOON + timedelta(minutes=1))
    assert found["cpu_pct"].isna().tolist() == [False, True]


def test_extremes_survive_wider_steps(database: str) -> None:
    for second, busy in ((0, 10.0), (30, 100.0), (60, 10.0), (90, 10.0), (180, 0.0)):
        _write("a", NOON, [second], cpu_pct=busy)
    found = metrics.series(["cpu_pct"], NOON, NOON + timedelta(hours=6))
    assert found["cpu_pct"].dropna().tolist() == [55, 10, 0]
    assert found["cpu_pct_max"].dropna().tolist() == [100, 10, 0]
    coarse = metrics.series(["cpu_pct"], NOON, NOON + timedelta(hours=6), max_points=10)
    assert coarse["cpu_pct_max"].max() == 100
    assert coarse["cpu_pct_min"].min() == 0


def test_the_minute_and_hour_that_are_still_open_are_not_missing(database: str) -> None:
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=30)
    _write("a", began, [0, 5, 10], cpu_pct=30.0)
    for span in (timedelta(minutes=5), timedelta(days=1), timedelta(days=365)):
        end = began + timedelta(seconds=30)
        found = metrics.series(["cpu_pct"], end - span, end)["cpu_pct"].dropna()
        assert set(found) == {30}


def test_several_hosts_are_averaged_or_added_as_the_catalogue_says(database: str) -> None:
    _write("a", NOON, [0], cpu_pct=20.0, network_send_bytes_s=100.0, disk_pct=50.0)
    _write("b", NOON, [0], cpu_pct=80.0, network_send_bytes_s=300.0, disk_pct=90.0)
    names = ["cpu_pct", "network_send_bytes_s", "disk_pct"]
    end = NOON + timedelta(minutes=1)
    both = metrics.series(names, NOON, end).iloc[0]
    assert (both["cpu_pct"], both["cpu_pct_min"], both["cpu_pct_max"]) == (50, 20, 80)
    assert both["network_send_bytes_s"] == 400
    assert both["disk_pct"] == 90
    assert metrics.series(names, NOON, end, "b").iloc[0]["cpu_pct"] == 80


def test_hosts_that_sample_more_often_do_not_count_more(database: str) -> None:
    noon = _ten_minutes_ago()
    _write("a", noon, list(range(0, 60, 5)), cpu_pct=0.0)
    _write("b", noon, [0], cpu_pct=100.0)
    _write("a", noon, [60], cpu_pct=0.0)
    _write("b", noon, [60], cpu_pct=100.0)
    found = metrics.series(["cpu_pct"], noon, noon + timedelta(hours=6))
    assert found["cpu_pct"].tolist() == [50, 50]


def test_an_empty_range_gives_the_columns_and_no_rows(database: str) -> None:
    found = metrics.series(["cpu_pct"], NOON, NOON + timedelta(minutes=5))
    assert list(found.columns) == ["cpu_pct", "cpu_pct_min", "cpu_pct_max"]
    assert found.empty
    assert metrics.parts("cpu", NOON, NOON + timedelta(minutes=5)).empty


def test_a_name_that_is_not_stored_is_refused() -> None:
    with pytest.raises(KeyError, match="rates"):
        metrics.series(["error_rate"], NOON, NOW)


def test_cores_and_disks_have_series_of_their_own(database: str) -> None:
    _write("a", NOON, [0, 5], cpu_pct=20.0)
    end = NOON + timedelta(minutes=1)
    cores = metrics.parts("cpu", NOON, end)
    assert list(cores.columns) == ["cpu.0", "cpu.1"]
    assert cores.iloc[0].tolist() == [10, 30]
    assert list(metrics.parts("disk", NOON, end).columns) == ["disk./.used_pct"]
    assert metrics.parts("network", NOON, end).empty


def test_the_newest_figures_are_of_the_hosts_that_still_report(database: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for host, age, busy in (("a", 1, 20.0), ("b", 2, 40.0), ("dead", 600, 100.0)):
        db.execute(
            "INSERT INTO processes VALUES (:host, 'worker', 1, now(), now(), false)", host=host
        )
        _write(host, now - timedelta(seconds=age), [0], cpu_pct=busy)
    both = metrics.latest()
    assert both.values["cpu_pct"] == 30
    assert both.instances == ("a", "b")
    assert not both.stale
    assert both.values["swap_pct"] is None
    dead = metrics.latest("dead")
    assert dead.stale
    assert dead.values["cpu_pct"] == 100
    hosts = metrics.instances().set_index("instance")
    assert hosts["stale"].to_dict() == {"a": False, "b": False, "dead": True}
    assert hosts.loc["a", "cores"] == 2


def test_before_the_first_sample_everything_is_unknown(database: str) -> None:
    nothing = metrics.latest()
    assert nothing.at is None
    assert nothing.stale
    assert set(nothing.values.values()) == {None}
    assert metrics.instances().empty


def test_alert_rules_read_samples_of_each_host(database: str) -> None:
    _write("a", NOON, [0, 5], cpu_pct=20.0)
    _write("b", NOON, [5], cpu_pct=None)
    found = metrics.samples("cpu_pct", NOON, NOON + timedelta(minutes=1))
    assert found == {"a": [(NOON + timedelta(seconds=5), 20.0)]}, "the start itself is not in"
