"""Runs of a page are timed, and what draws itself again is told apart from them."""

from __future__ import annotations

import pytest

from components.runs import page_run
from data.metrics.application import WINDOW
from server.instrument import REGISTRY


def counted(page: str, part: str, what: str = "errors_total") -> float:
    labels = {"page": page, "part": part}
    return REGISTRY.get_sample_value(f"sentia_page_run_{what}", labels) or 0.0


def test_a_page_run_that_breaks_is_an_error_and_one_that_stops_is_none() -> None:
    class Stopped(BaseException):
        """As Streamlit's own."""

    with pytest.raises(Stopped), page_run("tested"):
        raise Stopped
    assert counted("tested", "page") == 0
    with pytest.raises(ValueError, match="no"), page_run("tested"):
        raise ValueError("no")
    assert counted("tested", "page") == 1


def test_a_part_drawn_again_is_counted_apart() -> None:
    WINDOW.take()
    with page_run("tested", "refresh"):
        pass
    assert counted("tested", "refresh", "duration_seconds_count") == 1
    seen = WINDOW.take().counted
    assert list(seen["refresh"]) == ["tested"]
    assert not seen["page"]
