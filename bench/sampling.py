"""CPU that sampling and storing costs each second, PostgreSQL included, beside node_exporter.

`python -m bench.sampling [SECONDS]` measures both at the same time on this host.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from config.metrics import STORED

ROOT = Path(__file__).parent.parent
_GOAL = 0.35
_SAMPLER = """
import sys, threading, time
from data import database, migrate
from worker.runner import next_wait_s
from worker.sampling import Sampling
database.start(); migrate.upgrade()
sampling = Sampling()
print("ready", flush=True)
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
while not stop.wait(next_wait_s(1.0, time.time(), 0.0)):
    sampling.run()
database.stop()
"""


def cpu_s(root: int) -> float:
    """Seconds of CPU that the process and its children have had, to the nanosecond."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(root)
        return sum(_own(one.pid) for one in (process, *process.children(recursive=True)))
    return 0.0


def _own(pid: int) -> float:
    total = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            total += int(thread.read_text().split()[0])
    return total / 1e9


@contextlib.contextmanager
def sampler() -> Iterator[Callable[[], tuple[float, float]]]:
    """This product's sampling each second into a fresh embedded PostgreSQL."""
    home = Path(tempfile.mkdtemp(prefix="sentia-bench-"))
    process = subprocess.Popen(
        [sys.executable, "-c", _SAMPLER],
        cwd=ROOT,
        env=os.environ | {"SENTIA_HOME": str(home), "SAMPLE_INTERVAL": "1", "DATABASE_URL": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stdin is not None
    process.stdout.readline()
    postmaster = int((home / "postgres/data/postmaster.pid").read_text().split("\n", 1)[0])
    yield lambda: (cpu_s(process.pid), cpu_s(postmaster))
    process.stdin.close()
    process.wait(20)
    shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def node_exporter() -> Iterator[Callable[[], float] | None]:
    """node_exporter as Debian starts it, asked each second by whoever calls `scrape`."""
    program = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
    if program is None:
        yield None
        return
    process = subprocess.Popen(
        [program, "--web.listen-address=127.0.0.1:19100"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(1)
    yield lambda: cpu_s(process.pid)
    process.terminate()
    process.wait(10)


def scrape() -> int:
    """Ask for everything once; returns how many bytes came."""
    connection = http.client.HTTPConnection("127.0.0.1", 19100, timeout=5)
    connection.request("GET", "/metrics")
    size = len(connection.getresponse().read())
    connection.close()
    return size


def measure(seconds: int) -> dict[str, float]:
    """Mean share of a core in percent of each, measured side by side."""
    with sampler() as ours, node_exporter() as theirs:
        time.sleep(5)
        before, reference = ours(), theirs() if theirs else 0.0
        began = time.monotonic()
        for second in range(1, seconds + 1):
            if theirs:
                scrape()
            time.sleep(max(0.0, began + second - time.monotonic()))
        wall = time.monotonic() - began
        after = ours()
        made = {
            "sampling": 100 * (after[0] - before[0]) / wall,
            "PostgreSQL storing": 100 * (after[1] - before[1]) / wall,
        }
        if theirs:
            made["node_exporter, scraped"] = 100 * (theirs() - reference) / wall
    return made


def report(seconds: int = 60) -> str:
    """The table; names what is missing."""
    found = measure(seconds)
    lines = [f"{'each second, for ' + str(seconds) + ' s':40} {'% of a core':>12}"]
    lines += [f"{name:40} {share:12.3f}" for name, share in found.items()]
    mine = found["sampling"] + found["PostgreSQL storing"]
    reference = found.get("node_exporter, scraped")
    if reference is None:
        lines.append("node_exporter is not installed: apt-get install prometheus-node-exporter")
    else:
        lines.append(f"{'ratio (goal ≤ ' + str(_GOAL) + ')':40} {mine / reference:12.3f}")
    lines.append(f"{'metrics a sample, without cores and disks':40} {len(STORED):12d}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(report(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
