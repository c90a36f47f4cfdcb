"""Requests and page runs: rates and quantiles of any window and any hosts, from merged buckets."""

from __future__ import annotations

import math
import os
import random
import threading
from datetime import UTC, datetime, timedelta

import pytest

from data import database as db
from data.metrics import application_store
from data.metrics.application import Snapshot, Window, write_application
from data.metrics.histogram import ERROR
from data.queries import metrics

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
NOON = NOW - timedelta(minutes=10)
END = NOON + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _a_process_of_its_own() -> None:
    application_store._left.clear()


def _snapshot(*durations: float, failed: int = 0, covered_s: float = 5.0) -> Snapshot:
    window = Window()
    for number, seconds in enumerate(durations):
        window.request("/api/orders", seconds, number < failed)
    snapshot = window.take(open_pages=3, pool_in_use=2, pool_size=10)
    snapshot.covered_s = covered_s
    return snapshot


def _close(found: float | None, exact: float) -> bool:
    return found is not None and abs(found - exact) <= ERROR * exact * 1.0001


def test_a_window_counts_from_several_threads_and_begins_anew_when_taken() -> None:
    window = Window()

    def count() -> None:
        for _ in range(500):
            window.request("/", 0.01, True)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = window.take().counted["request"]["/"]
    assert (taken.histogram.count, taken.errors) == (2000, 2000)
    assert not any(window.take().counted.values())


def test_what_could_not_be_written_is_counted_again() -> None:
    window = Window()
    window.request("/", 0.5, True)
    lost = window.take()
    window.request("/", 1.5, False)
    window.put_back(lost)
    again = window.take()
    assert again.counted["request"]["/"].histogram.count == 2
    assert again.counted["request"]["/"].errors == 1
    assert again.covered_s >= lost.covered_s


def test_quantiles_of_hosts_and_ticks_are_those_of_all_their_requests(database: str) -> None:
    noon = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=10)
    end = noon + timedelta(minutes=10)
    random.seed(7)
    durations = [random.lognormvariate(-3, 1.2) for _ in range(3000)]
    for number in range(6):
        part = durations[number * 500 : (number + 1) * 500]
        host = "ab"[number % 2]
        write_application(host, noon + timedelta(seconds=50 * number), _snapshot(*part))
    ordered = sorted(durations)
    for share in (0.5, 0.95, 0.99):
        exact = ordered[math.floor(share * 2999)]
        assert _close(metrics.quantile(share, noon, end), exact)
        assert _close(metrics.quantile(share, noon, noon + timedelta(hours=6)), exact)
    only_a = sorted(d for n in (0, 2, 4) for d in durations[n * 500 : (n + 1) * 500])
    found = metrics.quantile(0.95, noon, end, instance="a")
    assert _close(found, only_a[math.floor(0.95 * 1499)])


def test_a_series_has_the_quantiles_of_each_step(database: str) -> None:
    write_application("a", NOON, _snapshot(0.1, 0.2, 0.3))
    write_application("a", NOON + timedelta(seconds=5), _snapshot())
    write_application("a", NOON + timedelta(seconds=10), _snapshot(4.0))
    found = metrics.quantiles(NOON, END)
    assert list(found.columns) == ["p50", "p95", "p99"]
    assert _close(found["p50"].iloc[0], 0.2)
    assert math.isnan(found["p50"].iloc[1]), "nothing was asked for, so nothing is known"
    assert _close(found["p99"].iloc[2], 4.0)


def test_no_requests_are_a_rate_of_0_and_no_ticks_are_unknown(database: str) -> None:
    write_application("a", NOON, _snapshot(0.1, 0.1, failed=1))
    write_application("a", NOON + timedelta(seconds=5), _snapshot())
    write_application("a", NOON + timedelta(seconds=60), _snapshot(0.1))
    found = metrics.rates(NOON, END)
    assert found["rate"].fillna(-1).tolist() == [0.4, 0, -1, 0.2]
    assert found["error_rate"].fillna(-1).tolist() == [50, -1, -1, 0]


def test_rates_of_hosts_add_up_and_error_rates_weigh_by_requests(database: str) -> None:
    write_application("a", NOON, _snapshot(*[0.1] * 9, failed=0))
    write_application("b", NOON, _snapshot(0.1, failed=1))
    row = metrics.rates(NOON, END).iloc[0]
    assert row["rate"] == pytest.approx(2.0)
    assert row["error_rate"] == 10


def test_two_processes_of_a_host_cover_the_same_time(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pid in (101, 102):
        monkeypatch.setattr(os, "getpid", lambda pid=pid: pid)
        application_store._left.clear()
        for second in range(0, 60, 5):
            write_application("a", NOON + timedelta(seconds=second), _snapshot(0.1))
        write_application("a", NOON + timedelta(minutes=1), _snapshot())
    minute = db.one("SELECT * FROM application_minutes WHERE kind = 'request' AND name = ''")
    assert minute is not None
    assert (minute["count"], minute["covered_s"]) == (24, 60)
    assert (minute["open_pages"], minute["pool_size"]) == (6, 20)
    assert metrics.rates(NOON, NOON + timedelta(hours=6))["rate"].iloc[0] == pytest.approx(0.4)


def test_two_ticks_on_one_grid_point_are_both_kept(database: str) -> None:
    write_application("a", NOON, _snapshot(0.1))
    write_application("a", NOON, _snapshot(0.3))
    assert metrics.rates(NOON, END)["count"].tolist() == [2]
    assert _close(metrics.quantile(1.0, NOON, END), 0.3)


def test_minutes_and_hours_hold_the_merged_buckets(database: str) -> None:
    for second in range(0, 7200, 600):
        write_application("a", NOON + timedelta(seconds=second), _snapshot(0.1, 5.0, failed=1))
    hour = db.one("SELECT * FROM application_hours WHERE kind = 'request' AND name = '' LIMIT 1")
    assert hour is not None
    assert hour["count"] == 2 * hour["errors"]
    assert len(hour["buckets"]) == 12, "two buckets, however many ticks"
    end = NOON + timedelta(hours=2)
    for span in (timedelta(hours=2), timedelta(hours=12), timedelta(days=300)):
        assert metrics.rates(end - span, end)["count"].sum() == 24
        assert _close(metrics.quantile(0.99, end - span, end), 5.0)


def test_pages_are_told_apart_and_listed_slowest_first(database: str) -> None:
    window = Window()
    for seconds in (0.01, 0.02, 0.03):
        window.run("page", "overview", seconds, False)
    window.run("page", "finance", 2.0, True)
    window.request("/health", 9.0, False)
    write_application("a", NOON, window.take())
    table = metrics.slowest(NOON, END, kind="page")
    assert table["name"].tolist() == ["finance", "overview"]
    assert table["error_rate"].tolist() == [100, 0]
    assert table["count"].tolist() == [1, 3]
    assert metrics.names("page", NOON, END) == ["finance", "overview"]
    assert _close(metrics.quantile(0.5, NOON, END, kind="page", name="overview"), 0.02)
    assert _close(metrics.quantile(1.0, NOON, END, kind="page"), 2.0)


def test_nothing_recorded_is_nothing_known(database: str) -> None:
    assert metrics.quantile(0.95, NOON, END) is None
    assert metrics.quantiles(NOON, END).empty
    assert metrics.rates(NOON, END).empty
    assert metrics.slowest(NOON, END).empty
    write_application("a", NOON, _snapshot())
    assert metrics.quantile(0.95, NOON, END) is None


def test_the_newest_figures_cover_the_last_minute(database: str) -> None:
    db.execute("INSERT INTO processes VALUES ('a', 'worker', 1, now(), now(), false)")
    from data.metrics.direct import Direct
    from data.metrics.store import Sample, SampleWriter

    SampleWriter("a", Direct()).write(Sample({"cpu_pct": 1.0}))
    write_application("a", None, _snapshot(0.2, 0.2, 0.2, 3.0, failed=1))
    values = metrics.latest().values
    assert values["request_rate"] == pytest.approx(0.8)
    assert values["error_rate"] == 25
    assert _close(values["response_time_p99"], 0.2), "rank 2 of 4 by the nearest lower rank"
    assert (values["open_pages"], values["pool_pct"]) == (3, 20)
    assert values["page_rate"] == 0
    assert values["page_time_p95"] is None


def test_a_tick_is_a_sign_of_life_of_the_web_process(database: str) -> None:
    from data.metrics import heartbeat

    heartbeat._last = -heartbeat.EVERY_S
    write_application("a", None, _snapshot())
    shown = metrics.processes()
    assert shown[["host", "kind", "alive", "leads"]].values.tolist() == [["a", "web", True, False]]


def test_alert_rules_read_quantiles_and_error_rates_of_each_tick(database: str) -> None:
    later = NOON + timedelta(seconds=5)
    write_application("a", NOON, _snapshot(0.5, 3.0, failed=1))
    write_application("a", later, _snapshot())
    start = NOON - timedelta(seconds=1)
    assert metrics.samples("error_rate", start, END) == {"a": [(NOON, 50.0)]}
    assert metrics.samples("request_rate", start, END) == {"a": [(NOON, 0.4), (later, 0.0)]}
    found = metrics.samples("response_time_p50", start, END)["a"]
    assert len(found) == 1
    assert _close(found[0][1], 0.5)
    assert metrics.samples("pool_pct", start, END)["a"][0][1] == pytest.approx(20)
    assert metrics.samples("page_rate", start, END) == {"a": [(NOON, 0.0), (later, 0.0)]}
