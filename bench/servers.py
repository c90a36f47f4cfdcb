"""Servers under measurement: the stock script, the tuned script, the product."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
PASSWORD = "correct horse battery staple"
_QUIET = ("--server.headless", "true", "--logger.hideWelcomeMessage", "true",
          "--browser.gatherUsageStats", "false", "--server.fileWatcherType", "none")  # fmt: skip


@dataclass
class Server:
    """A process that serves pages on a port of its own."""

    name: str
    command: list[str]
    ready: str
    cwd: Path = ROOT
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> float:
        """Seconds until it is ready."""
        self.port = self.port or free_port()
        atexit.register(self.stop)  # whatever fails, nothing is left running
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [*self.command, "--server.port", str(self.port), "--server.address", "127.0.0.1"],
            cwd=self.cwd, env={**os.environ, "PYTHONPATH": str(ROOT), **self.environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=(Path(tempfile.gettempdir()) / f"bench-{self.name}.log").open("wb"),
        )  # fmt: skip
        while not self._answers():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with status {self.process.returncode}")
            time.sleep(0.02)
        return time.perf_counter() - began

    def stop(self) -> None:
        """As Ctrl-C does."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process = None

    def rss_mib(self) -> float:
        """Memory of the web process."""
        assert self.process is not None
        return float(psutil.Process(self.process.pid).memory_info().rss) / 2**20

    def cpu_s(self) -> float:
        """CPU seconds of the web process so far."""
        assert self.process is not None
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + self.ready, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def stock() -> Server:
    """The bare script, as a person runs it without reading about tuning."""
    page = str(Path(__file__).parent / "references" / "page.py")
    command = [sys.executable, "-m", "bench.references.stock", "run", page, *_QUIET]
    return Server("stock", command, "/_stcore/health", cwd=Path(tempfile.gettempdir()))


def tuned() -> Server:
    """The bare script with the product's tuning."""
    page = str(Path(__file__).parent / "references" / "tuned.py")
    command = [sys.executable, "-m", "streamlit", "run", page, *_QUIET]
    return Server("tuned", command, "/_stcore/health", cwd=Path(tempfile.gettempdir()))


def product(home: Path, **environment: str) -> Server:
    """The whole product on an embedded PostgreSQL under `home`."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    chosen = {"SENTIA_HOME": str(home), "SENTIA_ADMIN_PASSWORD": PASSWORD, "DATABASE_URL": ""}
    return Server("product", command, "/health/ready", environment=chosen | environment)


def new_home() -> Path:
    """An empty SENTIA_HOME."""
    return Path(tempfile.mkdtemp(prefix="sentia-bench-")) / "home"


def throw_away(home: Path) -> None:
    """Remove it."""
    shutil.rmtree(home.parent, ignore_errors=True)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port
