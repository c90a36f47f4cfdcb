"""The product as a person starts and uses it, for tests that need all of it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page

from config import settings as module
from data import database as data

ROOT = Path(__file__).parent.parent
ADMIN_PASSWORD = "correct horse battery staple"


def sign_in(page: Page, url: str, user: str, password: str) -> None:
    """Fill the login form at `url` and wait until the navigation is there."""
    page.goto(url)
    page.get_by_role("textbox", name="Username").fill(user)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_test_id("stSidebar").wait_for(state="attached")


SCRATCH: list[Path] = []


@dataclass
class RunningApp:
    """`streamlit run app.py` as a person starts it, on a free port."""

    database_url: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    admin_password: str = ADMIN_PASSWORD
    port: int = field(default_factory=lambda: free_port())  # noqa: PLW0108
    folder: Path = field(default_factory=lambda: scratch())  # noqa: PLW0108
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, wait: bool = True) -> None:
        environment = os.environ | {
            "SENTIA_HOME": str(self.folder / "home"),
            "SENTIA_ADMIN_PASSWORD": self.admin_password,
            "PORT": str(self.port),
        }
        if self.database_url:
            environment["DATABASE_URL"] = self.database_url
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py",
             "--server.port", str(self.port), "--server.address", "127.0.0.1"],
            cwd=ROOT, env=environment | self.environment, stdin=subprocess.DEVNULL,
            stdout=(self.folder / "app.log").open("ab"), stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        if wait:
            self.wait_for("/health/ready", 200)

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @contextmanager
    def connected(self) -> Iterator[None]:
        """This process beside the running product, on its database and with its key."""
        data.stop()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DATABASE_URL", self.database_url or "")
            patch.setenv("SENTIA_HOME", str(self.folder / "home"))
            module.settings.cache_clear()
            data.start(module.settings())
            yield
            data.stop()
        module.settings.cache_clear()

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and body of a GET; 0 when nothing listens."""
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_for(self, path: str, status: int, seconds: float = 30) -> float:
        """Seconds until `path` answers `status`; fails with the log when it does not."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            if self.get(path)[0] == status:
                return time.monotonic() - begun
            if self.process is not None and self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"{path} did not answer {status}:\n{self.log()}")

    def log(self) -> str:
        return (self.folder / "app.log").read_text(errors="replace")

    def manage(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run `manage.py` against this app's database."""
        environment = os.environ | {"SENTIA_HOME": str(self.folder / "home")} | self.environment
        if self.database_url:
            environment["DATABASE_URL"] = self.database_url
        return manage(*arguments, environment=environment, stdin=stdin)


def scratch() -> Path:
    """A folder of an app's own, gone when the tests are over."""
    folder = Path(tempfile.mkdtemp(prefix="sentia-app-"))
    SCRATCH.append(folder)
    return folder


def manage(
    *arguments: str, environment: dict[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `python manage.py …`; gives exit status, stdout and stderr."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=environment or dict(os.environ), input=stdin,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def find_browser() -> str:
    """Path of Chromium or Chrome; says what to install without one."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise RuntimeError("No browser was found; run `make browser`.")
