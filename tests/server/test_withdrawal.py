"""What is under way when the right to a page goes: it does not come through any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import Message, Send
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunnerEvent

from auth import people, sessions
from server import gathering
from server.sockets import Doors, Socket
from tests.server.processes import run

DRAWN = ScriptRunnerEvent.ENQUEUE_FORWARD_MSG


class _Page(AppSession):
    """Sends what it hears of a run to the browser at once."""

    def __init__(self, said: Send) -> None:
        self._event_loop = asyncio.get_running_loop()
        self.said = said
        self.sending: list[asyncio.Future[Any]] = []

    def __del__(self) -> None:
        """Nothing was opened that Streamlit's own would have to close."""

    def _handle_scriptrunner_event_on_event_loop(
        self, sender: Any, event: ScriptRunnerEvent, forward_msg: Any = None, *_: Any
    ) -> None:
        message = {"type": "websocket.send", "bytes": forward_msg}
        self.sending.append(asyncio.ensure_future(self.said(message)))

    def draw(self, *figures: bytes) -> None:
        for figure in figures:
            gathering._gathered(self, None, DRAWN, forward_msg=figure)


def _socket(sent: list[Message], session: int | None = None) -> Socket:
    async def send(message: Message) -> None:
        sent.append(message)

    return Socket("token", send, session=session, tab="tab")


async def _nothing(*_: Any) -> None:
    """An application that is not asked."""


def test_what_was_drawn_before_a_withdrawal_stays_back_once_the_page_is_closed() -> None:
    async def scene() -> tuple[list[Message], int]:
        sent: list[Message] = []
        socket = _socket(sent)
        page = _Page(Doors(_nothing)._sending(socket))
        await asyncio.to_thread(page.draw, b"seen", b"seen too")
        await asyncio.sleep(5 * gathering.WAIT_S)
        await asyncio.to_thread(page.draw, b"a figure", b"another")
        await socket.close()
        await asyncio.sleep(5 * gathering.WAIT_S)
        return sent, len(page.sending)

    sent, drawn = run(scene())
    assert drawn == 4
    assert [one.get("bytes", one["type"]) for one in sent] == [
        b"seen", b"seen too", "websocket.close"
    ]  # fmt: skip


def test_what_a_page_asks_for_after_its_withdrawal_is_not_done() -> None:
    async def scene() -> Message:
        socket = _socket([])
        asked: asyncio.Queue[Message] = asyncio.Queue()
        heard = asyncio.ensure_future(Doors(_nothing)._receiving(asked.get, socket, False)())
        await asyncio.sleep(0)
        await socket.close()
        await asked.put({"type": "websocket.receive", "bytes": b"delete it"})
        return await heard

    assert run(scene()) == {"type": "websocket.disconnect", "code": 1008}


def test_pages_that_take_nothing_in_any_more_keep_no_other_page_open(database: str) -> None:
    people.add("otto", "operator", password="correct horse battery")
    sessions.redeem(sessions.ticket(people.find("otto")["id"]), "192.0.2.1", "Browser")
    session = sessions.live("otto")[0]["id"]

    async def never(_: Message) -> None:
        await asyncio.Event().wait()

    async def scene(withdraw: Callable[[], None]) -> list[list[Message]]:
        doors = Doors(_nothing)
        told: list[list[Message]] = [[] for _ in range(8)]
        doors.open = {_socket(sent, session) for sent in told}
        doors.open |= {Socket("token", never, session=session, tab="deaf") for _ in told}
        await _soon(doors._withdraw)
        assert not any(told)
        withdraw()
        for _ in range(2):
            await _soon(doors._withdraw)
            await asyncio.sleep(0)
        return told

    closed: Message = {"type": "websocket.close", "code": 1008}
    assert run(scene(lambda: people.disable("otto"))) == [[closed]] * 8


async def _soon(work: Callable[[], Awaitable[None]]) -> None:
    await asyncio.wait_for(work(), 5)
