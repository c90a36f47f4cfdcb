"""Processes of a running product, and a websocket as a browser opens it, for the server's tests."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
from websockets.sync.client import ClientConnection, connect

from tests.product import RunningApp


def family(app: RunningApp) -> list[psutil.Process]:
    """The web process, its children, the embedded server and its children."""
    assert app.process is not None
    roots = [psutil.Process(app.process.pid)]
    if (pid := postmaster(app)) is not None:
        roots.append(psutil.Process(pid))
    return [one for root in roots for one in (root, *root.children(recursive=True))]


def postmaster(app: RunningApp) -> int | None:
    """Process id of the embedded server, None when it does not run."""
    file = Path(app.folder) / "home" / "postgres" / "data" / "postmaster.pid"
    try:
        pid = int(file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if psutil.pid_exists(pid) else None


def worker(app: RunningApp) -> psutil.Process | None:
    """The worker that the web process started."""
    assert app.process is not None
    for child in psutil.Process(app.process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # a zombie is one too
            if "worker" in child.cmdline():
                return child
    return None


def gone(processes: list[psutil.Process], seconds: float) -> float:
    """Seconds until none of them is left; fails when one stays."""
    began = time.monotonic()
    _, left = psutil.wait_procs(processes, timeout=seconds)
    left = [one for one in left if one.status() != psutil.STATUS_ZOMBIE]
    assert not left, f"still there after {seconds} s: {left}"
    return time.monotonic() - began


def eventually(holds: Callable[[], bool], seconds: float = 15) -> float:
    """Seconds until `holds()`; fails when it never does."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if holds():
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(f"did not come true within {seconds} s: {holds}")


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Await it in a thread: where a browser is driven, this one has a loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def open_page(app: RunningApp) -> ClientConnection:
    """A live connection such as every open page holds."""
    return connect(f"ws://127.0.0.1:{app.port}/_stcore/stream", subprotocols=["streamlit"])  # type: ignore[list-item]
