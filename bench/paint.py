"""From navigation to a painted chart, in a browser that has never been here before."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from playwright.sync_api import Playwright, sync_playwright

from bench.servers import Server

# A chart is painted when its canvas holds ink, or its SVG holds a drawn trace.
_PAINTED = """() => {
  for (const path of document.querySelectorAll('.js-plotly-plot :is(.trace, .point) path')) {
    if (path.getBoundingClientRect().width > 0) return true;
  }
  for (const canvas of document.querySelectorAll('canvas')) {
    if (canvas.width < 100 || canvas.height < 40) continue;
    const context = canvas.getContext('2d');
    if (!context) continue;
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let ink = 0;
    for (let i = 3; i < data.length; i += 64) if (data[i] > 0) ink += 1;
    if (ink > 50) return true;
  }
  return false;
}"""
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
              "--disable-component-update", "--disable-sync"]  # fmt: skip
# A browser that has just been started is busy with itself; what is measured is the navigation.
_SETTLED_S = 0.6


@dataclass(frozen=True)
class Painted:
    """Median seconds to the first painted chart, and bytes that the live connection brought."""

    seconds: float
    websocket_bytes: int


def cold(
    pages: dict[str, tuple[Server, str, tuple[str, str] | None]], rounds: int = 5
) -> dict[str, Painted]:
    """Each page `rounds` times, in turns, each time in a new browser.

    pages: name → (server, path, cookie).
    """
    took: dict[str, list[Painted]] = {name: [] for name in pages}
    with sync_playwright() as playwright:
        for _ in range(rounds):
            for name, (server, path, cookie) in pages.items():
                took[name].append(_once(playwright, server, path, cookie))
    return {
        name: Painted(
            median(one.seconds for one in found), int(median(one.websocket_bytes for one in found))
        )
        for name, found in took.items()
    }


def _once(
    playwright: Playwright, server: Server, path: str, cookie: tuple[str, str] | None
) -> Painted:
    browser = playwright.chromium.launch(executable_path=_browser(), args=_ARGUMENTS)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    if cookie is not None:
        context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": server.url}])
    page = context.new_page()
    received = [0]
    page.on("websocket", lambda socket: socket.on("framereceived", _counting(received)))
    time.sleep(_SETTLED_S)
    began = time.perf_counter()
    page.goto(f"{server.url}/{path}", wait_until="commit")
    page.wait_for_function(_PAINTED, timeout=60_000, polling="raf")
    painted = Painted(time.perf_counter() - began, received[0])
    browser.close()
    return painted


def _counting(received: list[int]) -> Callable[[Any], None]:
    def count(frame: Any) -> None:
        received[0] += len(frame)

    return count


def _browser() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise RuntimeError("No browser was found; run `make browser`.")
