"""Collectors tell what this machine does, never 0 for what they do not know."""

from __future__ import annotations

import os
import subprocess
import time
from collections import namedtuple
from pathlib import Path
from typing import Any

import psutil
import pytest

from config.metrics import METRICS, STORED
from data import database as db
from data.collectors import disks, kernel
from data.collectors.cpu import Cpu
from data.collectors.disks import DiskActivity, DiskSpace
from data.collectors.memory import Memory
from data.collectors.network import Network
from data.collectors.postgres import Postgres
from data.collectors.product import Product, registered_web_pids
from data.collectors.reading import Rates, Reading
from data.collectors.sampler import Sampler, all_collectors
from data.database import DatabaseUnavailable
from data.metrics.direct import Direct


def test_a_rate_is_unknown_at_first_and_after_a_reset() -> None:
    rates = Rates()
    assert rates.per_second("bytes", 1000, 10.0) is None
    assert rates.per_second("bytes", 1500, 15.0) == 100
    assert rates.per_second("bytes", 20, 20.0) is None
    assert rates.per_second("bytes", 30, 25.0) == 2


def test_a_rate_is_unknown_when_no_time_passed() -> None:
    rates = Rates()
    rates.per_second("bytes", 1, 10.0)
    assert rates.per_second("bytes", 2, 10.0) is None


def test_a_counter_that_comes_back_starts_anew() -> None:
    rates = Rates()
    rates.per_second("io.sdb.reads", 500, 1.0)
    rates.keep_only({"io.sda.reads"})
    assert rates.per_second("io.sdb.reads", 900, 2.0) is None


def test_every_stored_metric_is_collected(database: str) -> None:
    web = subprocess.Popen(["sleep", "60"])
    _register("vm", web.pid)
    sampler = Sampler(all_collectors("vm", Direct()))
    sampler.sample(0.0)
    time.sleep(0.05)
    sample = sampler.sample(1.0)
    web.kill()
    web.wait()
    assert not sample.errors
    assert set(sample.values) == set(STORED)
    unknown = {name for name in STORED if sample.values[name] is None}
    here_or_not = {"swap_pct", "swap_used_bytes", "database_cache_hit_pct"}
    assert not {name for name in unknown - here_or_not if not name.startswith("disk_")}


def _register(host: str, pid: int) -> None:
    db.execute(
        "INSERT INTO processes VALUES (:host, 'web', :pid, now(), now(), false)",
        host=host,
        pid=pid,
    )


def test_the_first_sample_knows_no_rates() -> None:
    for collector in (Cpu(), Memory(), DiskActivity(), Network()):
        values = collector.read(0.0).values
        rates = {n: v for n, v in values.items() if n.endswith("_s") and n != "uptime_s"}
        assert all(value is None for value in rates.values()), collector.name
    assert Cpu().read(0.0).values.get("cpu_pct") is None


def test_shares_of_cpu_are_between_0_and_100_and_one_a_core() -> None:
    cpu = Cpu()
    cpu.read(0.0)
    until = time.monotonic() + 0.1
    while time.monotonic() < until:
        pass
    reading = cpu.read(0.1)
    assert 0 < (reading.values["cpu_pct"] or 0) <= 100
    assert reading.cores is not None
    assert len(reading.cores) == psutil.cpu_count()
    assert all(0 <= share <= 100 for share in reading.cores)


def test_a_core_that_comes_or_goes_makes_the_shares_unknown_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cpu = Cpu()
    cpu.read(0.0)
    real = kernel.cpu()
    fewer = kernel.CpuCounters(real.cores[:-1], real.switches, real.interrupts)
    monkeypatch.setattr(kernel, "cpu", lambda: fewer)
    reading = cpu.read(1.0)
    assert "cpu_pct" not in reading.values
    assert reading.cores is None
    assert reading.values["load1"] is not None


def test_what_is_read_by_hand_is_what_psutil_reads() -> None:
    cpu, same_cpu = kernel.cpu(), kernel._portable_cpu()
    for core, same_core in zip(cpu.cores, same_cpu.cores, strict=True):
        assert core == pytest.approx(same_core, abs=2)
    assert cpu.switches == pytest.approx(same_cpu.switches, rel=0.01)
    assert cpu.interrupts == pytest.approx(same_cpu.interrupts, rel=0.01)
    memory, same_memory = kernel.memory(), kernel._portable_memory()
    assert memory.total == same_memory.total
    assert memory.available == pytest.approx(same_memory.available, rel=0.05)
    assert memory.swap_total == same_memory.swap_total
    me, again = kernel.process(os.getpid()), kernel._portable_process(os.getpid())
    assert me is not None
    assert again is not None
    assert me.cpu_s == pytest.approx(again.cpu_s, abs=0.5)
    assert me.memory_bytes == pytest.approx(again.memory_bytes, rel=0.05)
    assert me.threads == again.threads


def test_a_process_that_ended_is_none() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    time.sleep(0.05)
    assert kernel.process(pid) is None, "it is not buried yet"
    os.waitpid(pid, 0)
    assert kernel.process(pid) is None
    assert kernel._portable_process(pid) is None


_Io = namedtuple("_Io", "read_count write_count read_bytes write_bytes busy_time")


def test_a_disk_that_disappears_leaves_the_others_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, Any] = {"sda": _Io(1, 1, 1000, 0, 0), "sdb": _Io(1, 1, 5000, 0, 0)}
    monkeypatch.setattr(disks, "_whole", lambda name: True)
    monkeypatch.setattr(psutil, "disk_io_counters", lambda **_: found)
    activity = DiskActivity()
    activity.read(0.0)
    found.update(sda=_Io(1, 1, 3000, 0, 250))
    del found["sdb"]
    reading = activity.read(1.0)
    assert reading.values["disk_read_bytes_s"] == 2000
    assert reading.values["disk_busy_pct"] == 25
    assert set(reading.parts) == {
        "io.sda.read_bytes_s", "io.sda.write_bytes_s", "io.sda.busy_pct"
    }  # fmt: skip


def test_partitions_and_loop_devices_are_not_counted_beside_their_disk() -> None:
    counted = [name for name in psutil.disk_io_counters(perdisk=True) if disks._whole(name)]
    assert not [name for name in counted if name.startswith(("loop", "ram"))]
    if Path("/sys/block").is_dir():
        assert all((Path("/sys/block") / name).exists() for name in counted)


def test_a_file_system_that_cannot_be_read_is_left_out() -> None:
    space = DiskSpace()
    before = space.read(0.0)
    space._mounts["gone"] = "/no/such/mount"
    again = space.read(1.0)
    assert again.values["disk_used_bytes"] == pytest.approx(
        before.values["disk_used_bytes"], rel=0.05
    )
    assert "disk./no/such/mount.used_pct" not in again.parts


def test_the_root_is_always_among_the_file_systems() -> None:
    assert "disk./.used_pct" in DiskSpace().read(0.0).parts


_Net = namedtuple(
    "_Net", "bytes_recv bytes_sent packets_recv packets_sent errin errout dropin dropout"
)


def test_an_interface_that_was_reset_is_left_out_for_one_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {
        "eth0": _Net(1000, 0, 0, 0, 0, 0, 0, 0),
        "eth1": _Net(9000, 0, 0, 0, 0, 0, 0, 0),
        "lo": _Net(0, 0, 0, 0, 0, 0, 0, 0),
    }
    monkeypatch.setattr(psutil, "net_io_counters", lambda **_: found)
    traffic = Network()
    traffic.read(0.0)
    found.update(eth0=_Net(1500, 0, 0, 0, 0, 0, 0, 0), eth1=_Net(10, 0, 0, 0, 0, 0, 0, 0),
                 lo=_Net(10**9, 0, 0, 0, 0, 0, 0, 0))  # fmt: skip
    reading = traffic.read(1.0)
    assert reading.values["network_receive_bytes_s"] == 500
    assert reading.parts["network.eth1.receive_bytes_s"] is None
    assert not [name for name in reading.parts if ".lo." in name]


def test_the_web_processes_are_those_that_registered_on_this_host(database: str) -> None:
    _register("here", os.getpid())
    assert registered_web_pids("here") == [os.getpid()]
    assert registered_web_pids("elsewhere") == []


def test_without_a_web_process_its_figures_are_unknown() -> None:
    product = Product(list)
    product.read(0.0)
    values = product.read(1.0).values
    assert values["web_processes"] == 0
    assert values["web_cpu_pct"] is None
    assert values["web_memory_bytes"] is None
    assert (values["worker_memory_bytes"] or 0) > 10e6
    assert values["worker_cpu_pct"] is not None


def test_postgres_counts_its_connections_by_state(database: str) -> None:
    with db.connection() as opened:
        opened.exec_driver_sql("SELECT 1")
        values = Postgres(Direct()).read(0.0).values
    assert values["database_idle_in_transaction"] == 1
    assert values["database_active"] == 1
    assert (values["database_size_bytes"] or 0) > 5e6
    assert values["database_commits_s"] is None


def test_cache_hits_are_a_share_of_what_was_asked_for(database: str) -> None:
    direct = Direct()
    postgres = Postgres(direct)
    postgres.read(0.0)
    direct.ask("work", "SELECT count(*) FROM pg_class")
    direct.ask("flush", "SELECT pg_stat_force_next_flush()")
    direct.ask("work", "SELECT count(*) FROM pg_class")
    values = postgres.read(1.0).values
    assert 0 < (values["database_cache_hit_pct"] or 0) <= 100
    assert (values["database_commits_s"] or 0) > 0


class _Broken:
    name = "thermometer"

    def read(self, now: float) -> Reading:
        raise OSError(5, "the sensor does not answer")


class _Unreachable:
    name = "database"

    def read(self, now: float) -> Reading:
        raise DatabaseUnavailable("gone")


def test_a_collector_that_fails_takes_only_its_own_figures() -> None:
    sample = Sampler([_Broken(), Memory()]).sample(0.0)
    assert (sample.values["memory_pct"] or 0) > 0
    assert "the sensor does not answer" in sample.errors["thermometer"]


def test_a_database_that_is_away_ends_the_sample() -> None:
    with pytest.raises(DatabaseUnavailable):
        Sampler([Memory(), _Unreachable()]).sample(0.0)


def test_every_metric_has_a_title_and_bounds_in_order() -> None:
    for metric in METRICS.values():
        assert metric.title
        if metric.warning is not None and metric.critical is not None:
            assert metric.warning < metric.critical
