"""Passwords are hashed beside the process that shows pages."""

from __future__ import annotations

import io
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from auth import hashing, passwords
from auth.hashing import Children


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[psutil.Process]]:
    """This process hashes aside; gives its children once there are some."""
    monkeypatch.setattr(passwords._Process, "children", Children(1))
    found: list[psutil.Process] = []
    before = psutil.Process().children()
    assert passwords.matches("x", passwords.hashed("x"))
    found += [one for one in psutil.Process().children() if one not in before]
    yield found
    for one in psutil.Process().children():
        if one not in before:
            one.kill()


def test_a_child_of_lower_priority_does_the_work(children: list[psutil.Process]) -> None:
    assert len(children) == 1
    assert children[0].nice() == min(19, os.nice(0) + 10)
    assert not passwords.matches("y", passwords.hashed("x"))


def test_a_child_that_died_costs_no_sign_in(children: list[psutil.Process]) -> None:
    os.kill(children[0].pid, signal.SIGKILL)
    children[0].wait(5)
    assert passwords.matches("x", passwords.hashed("x"))


def test_where_no_child_can_be_had_the_process_does_it_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords._Process, "children", Children(1))
    monkeypatch.setattr(hashing, "ROOT", Path("/nowhere"))
    assert passwords.matches("x", passwords.hashed("x"))
    assert not passwords.matches("y", passwords.hashed("x"))


def test_a_child_rests_as_long_as_it_worked_but_answers_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rested: list[float] = []

    def rest(seconds: float) -> None:
        assert len(capsys.readouterr().out.splitlines()) == 1
        rested.append(seconds)

    monkeypatch.setattr("sys.stdin", io.StringIO('["hash", "a"]\n["hash", "b"]\n'))
    monkeypatch.setattr("os.nice", lambda _: 0)
    monkeypatch.setattr("time.sleep", rest)
    began = time.perf_counter()
    hashing.main()
    whole = time.perf_counter() - began
    assert 0.5 * whole < sum(rested) <= whole
    assert len(rested) == 2
