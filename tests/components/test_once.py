"""What everybody asks for at once is made once, and a failure is nobody's answer."""

from __future__ import annotations

import threading
import time

import pytest

from components.once import Once


def test_many_who_ask_at_once_get_the_one_answer() -> None:
    once: Once[object] = Once(keep=2)
    made: list[object] = []
    answers: list[object] = []

    def make() -> object:
        time.sleep(0.05)
        made.append(object())
        return made[-1]

    threads = [
        threading.Thread(target=lambda: answers.append(once.get("now", make))) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert answers == made * 20


def test_the_oldest_answer_is_forgotten_first() -> None:
    once: Once[int] = Once(keep=2)
    assert [once.get(key, lambda key=key: key) for key in (1, 2, 1, 3)] == [1, 2, 1, 3]  # type: ignore[misc]
    assert once.get(1, lambda: 10) == 1
    assert once.get(2, lambda: 20) == 20


def test_an_attempt_that_fails_is_made_again() -> None:
    once: Once[int] = Once(keep=2)
    with pytest.raises(ZeroDivisionError):
        once.get("now", lambda: 1 // 0)
    assert once.get("now", lambda: 7) == 7
