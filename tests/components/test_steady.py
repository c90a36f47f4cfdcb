"""A version in a hurry does not make every page ask again each second."""

from __future__ import annotations

from components.steady import Steady


def test_single_changes_show_at_once_and_a_series_of_them_each_five_seconds() -> None:
    now = [0.0]
    steady = Steady(burst=3, every_s=5.0, clock=lambda: now[0])
    assert [steady("sales", version) for version in "abcd"] == ["a", "b", "c", "d"]
    shown = []
    for second in range(1, 16):
        now[0] = float(second)
        shown.append(steady("sales", f"{second}"))
    assert sorted(set(shown), key=shown.index) == ["d", "5", "10", "15"]
    now[0] = 60.0
    assert steady("sales", "after a rest") == "after a rest"
    assert steady("another", "its own") == "its own"
