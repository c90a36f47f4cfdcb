"""What runs draw arrives whole and in order, however busy the event loop is."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunnerEvent

from server import gathering

STARTED = ScriptRunnerEvent.SCRIPT_STARTED
DRAWN = ScriptRunnerEvent.ENQUEUE_FORWARD_MSG
STOPPED = ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS


class _Session(AppSession):
    """Writes down what it hears on the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._event_loop = loop
        self.heard: list[Any] = []

    def __del__(self) -> None:
        """Nothing was opened that Streamlit's own would have to close."""

    def _handle_scriptrunner_event_on_event_loop(
        self, sender: Any, event: ScriptRunnerEvent, forward_msg: Any = None, *_: Any
    ) -> None:
        assert asyncio.get_running_loop() is self._event_loop
        self.heard.append(forward_msg if event is DRAWN else event)

    def tell(self, event: ScriptRunnerEvent, message: Any = None) -> None:
        gathering._gathered(self, None, event, forward_msg=message)


def _heard(run: Callable[[_Session], None], busy_s: float = 0.0) -> list[Any]:
    """What a session heard of `run`, which draws in a thread of its own.

    busy_s: how long the loop does other things again and again meanwhile.
    """

    async def listen() -> list[Any]:
        session = _Session(asyncio.get_running_loop())
        drawing = asyncio.create_task(asyncio.to_thread(run, session))
        while not drawing.done():
            time.sleep(busy_s)
            await asyncio.sleep(0)
        await asyncio.sleep(5 * gathering.WAIT_S)
        return session.heard

    # A thread without a loop of its own: a browser of another test may have left one in this.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(listen())).result()


def _runs(session: _Session) -> None:
    """Forty runs of 0 to 39 messages, some slower than a batch waits."""
    for number in range(40):
        session.tell(STARTED)
        for each in range(number):
            session.tell(DRAWN, (number, each))
            if each % 7 == 0:
                time.sleep(0.001 * (number % 5))
        session.tell(STOPPED)


_WHOLE = [
    told
    for number in range(40)
    for told in (STARTED, *((number, each) for each in range(number)), STOPPED)
]


def test_runs_arrive_in_the_order_in_which_they_were_drawn() -> None:
    assert _heard(_runs) == _WHOLE


def test_a_run_does_not_slip_in_before_its_start_when_the_loop_is_busy() -> None:
    assert _heard(_runs, busy_s=0.015) == _WHOLE


def test_what_is_drawn_before_a_long_question_is_seen_meanwhile() -> None:
    seen: list[int] = []

    def run(session: _Session) -> None:
        session.tell(DRAWN, "spinner")
        time.sleep(10 * gathering.WAIT_S)
        seen.append(len(session.heard))

    _heard(run)
    assert seen == [1]


def test_nothing_is_lost_when_several_threads_draw_at_once() -> None:
    def run(session: _Session) -> None:
        def draw(who: int) -> None:
            for number in range(300):
                session.tell(DRAWN, (who, number))
                time.sleep(0.0001)

        threads = [threading.Thread(target=draw, args=(who,)) for who in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    heard = _heard(run)
    for who in range(4):
        assert [number for one, number in heard if one == who] == list(range(300))
