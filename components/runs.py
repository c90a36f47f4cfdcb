"""Times the runs of a page's script, and of the parts of it that draw themselves again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Literal, ParamSpec

import streamlit as st
from prometheus_client import Counter, Histogram

from data.metrics.application import WINDOW

P = ParamSpec("P")
Part = Literal["page", "refresh"]
SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30)
# The process's registry takes these in, see server/instrument.py.
DURATIONS = Histogram(
    "sentia_page_run_duration_seconds", "Time one run of a page's script, or of a part that "
    "draws itself again, took.", ("page", "part"), buckets=SECONDS, registry=None,
)  # fmt: skip
ERRORS = Counter(
    "sentia_page_run_errors", "Runs of the script that broke.", ("page", "part"), registry=None
)
_running: ContextVar[str | None] = ContextVar("page", default=None)


@contextmanager
def page_run(slug: str, part: Part = "page") -> Iterator[None]:
    """Time one run for a page; stopping or rerunning it is no error."""
    began = time.perf_counter()
    before = _running.set(slug)
    failed = False
    try:
        yield
    except Exception:
        failed = True
        raise
    finally:
        _running.reset(before)
        took = time.perf_counter() - began
        DURATIONS.labels(slug, part).observe(took)
        ERRORS.labels(slug, part).inc(failed)
        WINDOW.run(part, slug, took, failed)


def refreshed(body: Callable[P, None], every: float | None, name: str = "") -> Callable[P, None]:
    """`body` as a fragment that runs again by itself every so many seconds, and when it is used.

    every: None leaves it to be used. name: what its refreshes are counted under, else the page.
    """

    def first(*args: P.args, **kwargs: P.kwargs) -> None:
        slug = name or _running.get() or "start"

        @wraps(body)
        def run() -> None:
            if _running.get() is not None:  # drawn within the whole page, which is timed
                body(*args, **kwargs)
                return
            with page_run(slug, "refresh"):
                body(*args, **kwargs)

        st.fragment(run, run_every=every)()

    return first
