"""The door of the pages: knows whose every open page is, and closes those that lost the right."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from auth import activity, sessions
from auth.people import Person
from config.durations import by_role
from config.settings import settings
from data.database import DatabaseUnavailable
from server import identity
from server.problems import problem

EVERY_S = 1.0
_FLUSH_S = 5.0
_STREAM = "/_stcore/stream"
# What the browser needs before anybody is signed in.
_OPEN = ("/_stcore/health", "/_stcore/host-config")
_GUARDED = ("/_stcore/", "/media/")
_CLOSED: Message = {"type": "websocket.disconnect", "code": 1008}
_log = structlog.get_logger()


@dataclass(eq=False)
class Socket:
    """One open page."""

    token: str | None
    send: Send
    session: int | None = None
    unsure: bool = False  # the database could not be asked when the page opened
    tab: str | None = None  # Streamlit's name for what the page remembers
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def close(self) -> None:
        """Tell the browser that it may not stay; it comes back and is judged anew."""
        if not self.closed.is_set():
            self.closed.set()
            with contextlib.suppress(Exception):  # the browser may be gone already
                await self.send({"type": "websocket.close", "code": 1008})


class Doors:
    """ASGI layer around Streamlit; one for all of a process's pages."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.open: set[Socket] = set()
        self.active: set[int] = set()
        # Whose memory each tab holds, so that nobody comes back into somebody else's.
        self.tabs: dict[str, int | None] = {}
        self.watch: asyncio.Task[None] | None = None
        self.closing: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let pass, refuse, or remember."""
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if not path.startswith(_GUARDED) or path in _OPEN:
            await self.app(identity.told(scope), receive, send)
            return
        try:
            person = await identity.person_of(scope)
        except DatabaseUnavailable as error:
            await problem(503, str(error))(scope, receive, send)
            return
        if person is None:
            await problem(401, "Sign in first.")(scope, receive, send)
        else:
            await self.app(identity.told(scope), receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].endswith(_STREAM):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if self.watch is None or self.watch.done():
            self.watch = asyncio.create_task(self._watch(), name="open pages")
        socket = Socket(identity.token_in(scope), send)
        await self._judge(socket)
        scope, restart = self._foreign_tab(scope, socket)
        if socket.session is not None and socket.tab is None:
            self.active.add(socket.session)
        told = identity.told(
            scope, address=identity.address_of(scope), restart="yes" if restart else None
        )
        self.open.add(socket)
        try:
            await self.app(told, self._receiving(receive, socket, restart), self._sending(socket))
        finally:
            self.open.discard(socket)
            if socket.tab is not None:
                activity.left(socket.tab)

    async def _judge(self, socket: Socket) -> None:
        """Note whose page this is. Somebody whose session ended is nobody."""
        try:
            person: Person | None = None
            if socket.token is not None:
                person = await asyncio.to_thread(sessions.resolve, socket.token)
        except DatabaseUnavailable:
            socket.unsure = True
            return
        socket.unsure = False
        socket.session = person.session_id if person else None

    def _foreign_tab(self, scope: Scope, socket: Socket) -> tuple[Scope, bool]:
        """Take the tab's name from a page that comes back as somebody else: it must start over.

        The third subprotocol is Streamlit's name for what the page remembers.
        """
        offered = [str(part).strip() for part in scope.get("subprotocols", ())]
        if len(offered) < 3 or not offered[2]:
            return scope, False
        socket.tab = offered[2]
        if socket.unsure or self.tabs.get(socket.tab, -1) == socket.session:
            return scope, False
        socket.tab = None
        headers = [
            (name, value)
            if name.lower() != b"sec-websocket-protocol"
            else (name, ", ".join(offered[:2]).encode("latin-1"))
            for name, value in scope["headers"]
        ]
        return {**scope, "subprotocols": offered[:2], "headers": headers}, True

    def _receiving(self, receive: Receive, socket: Socket, restart: bool) -> Receive:
        """What Streamlit hears: the browser, a first rerun for a restart, the end when closed."""
        state = {"connected": False, "restart": restart}

        async def heard() -> Message:
            if state["connected"] and state["restart"]:
                state["restart"] = False
                rerun = BackMsg()
                rerun.rerun_script.query_string = ""
                return {"type": "websocket.receive", "bytes": rerun.SerializeToString()}
            if socket.closed.is_set():
                return _CLOSED
            message = await receive()
            if socket.closed.is_set():  # what was asked meanwhile is not done any more
                return _CLOSED
            state["connected"] = True
            if message["type"] == "websocket.receive":
                self._note_activity(socket, message.get("bytes"))
            return message

        return heard

    def _note_activity(self, socket: Socket, body: bytes | None) -> None:
        """A page that refreshes itself is not somebody at work."""
        if socket.session is None or socket.session in self.active or not body:
            return
        message = BackMsg()
        with contextlib.suppress(Exception):  # Streamlit itself refuses what it cannot read
            message.ParseFromString(body)
            rerun = message.WhichOneof("type") == "rerun_script"
            if rerun and not message.rerun_script.is_auto_rerun:
                self.active.add(socket.session)

    def _sending(self, socket: Socket) -> Send:
        async def said(message: Message) -> None:
            if socket.closed.is_set():
                return
            if socket.tab is None and message.get("bytes"):
                self._note_tab(socket, message["bytes"])
            await socket.send(message)

        return said

    def _note_tab(self, socket: Socket, body: bytes) -> None:
        """Streamlit's first word to a page names what it will remember of it."""
        message = ForwardMsg()
        message.ParseFromString(body)
        if message.WhichOneof("type") == "new_session":
            socket.tab = message.new_session.initialize.session_id
            if len(self.tabs) > 10_000:
                self.tabs.clear()
            self.tabs[socket.tab] = socket.session

    async def _watch(self) -> None:
        """Ask once a second which open pages lost the right to be; one query for all of them."""
        touched = flushed = time.monotonic()
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self._withdraw()
                now = time.monotonic()
                if now - touched >= _touch_every():
                    touched = now
                    await self._touch()
                if now - flushed >= _FLUSH_S:
                    flushed = now
                    await asyncio.to_thread(activity.flush)
            except DatabaseUnavailable:
                continue
            except Exception as error:
                _log.error("open pages could not be checked", exc_info=error)

    async def _withdraw(self) -> None:
        for socket in [one for one in self.open if one.unsure]:
            await self._judge(socket)
            if socket.session is None and not socket.unsure:
                self._close(socket)
        held = {one.session for one in self.open if one.session is not None}
        if not held:
            return
        good = await asyncio.to_thread(sessions.still_good, held)
        if held - good:
            sessions.forget()
        for socket in [one for one in self.open if one.session in held - good]:
            self._close(socket)

    def _close(self, socket: Socket) -> None:
        """Beside the others: one that takes nothing more in would keep them all open."""
        task = asyncio.create_task(socket.close())
        self.closing.add(task)
        task.add_done_callback(self.closing.discard)

    async def _touch(self) -> None:
        active, self.active = self.active, set()
        held = {one.session for one in self.open if one.session is not None}
        await asyncio.to_thread(sessions.touch, active, held)


def _touch_every() -> float:
    """Seconds between notes of who is at work: a fraction of the shortest idle time."""
    return min(10.0, 60 * min(by_role(settings().sentia_idle_minutes).values()) / 4)
