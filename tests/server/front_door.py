"""Comes to the running product without a browser: tickets, cookies, Streamlit's websocket."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.product import RunningApp

OURS = {"X-Requested-With": "sentia", "Content-Type": "text/plain"}


@dataclass
class Answer:
    """Status, headers and body of an HTTP answer."""

    status: int
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


def ask(app: RunningApp, method: str, path: str, body: str = "", **headers: str) -> Answer:
    """One HTTP request; header names are written with underscores."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
    connection.request(method, path, body.encode() or None, given)
    answer = connection.getresponse()
    made = Answer(answer.status, dict(answer.getheaders()), answer.read().decode(errors="replace"))
    connection.close()
    return made


def sql(app: RunningApp, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """A statement on the product's database, past the product."""
    assert app.database_url
    with psycopg2.connect(app.database_url) as connection, connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def ticket_for(app: RunningApp, username: str) -> str:
    """What the sign-in form gives the page after a right password."""
    made = secrets.token_urlsafe(32)
    sql(
        app,
        "INSERT INTO tickets (token_hash, purpose, user_id, expires_at) SELECT %s, 'sign in', id,"
        " now() + interval '30 seconds' FROM users WHERE username = %s",
        hashlib.sha256(made.encode()).digest(),
        username,
    )
    return made


def cookie_for(app: RunningApp, username: str) -> str:
    """A signed-in browser's Cookie header."""
    answer = ask(app, "POST", "/auth/session", ticket_for(app, username), **OURS)
    assert answer.status == 204, answer.body
    return answer.headers["set-cookie"].split(";")[0]


@dataclass
class Tab:
    """A page as Streamlit's own client opens it."""

    socket: ClientConnection
    heard: list[ForwardMsg] = field(default_factory=list)
    closed_with: int | None = None

    @property
    def name(self) -> str:
        """What Streamlit calls this page's memory."""
        return next(
            str(m.new_session.initialize.session_id)
            for m in self.heard
            if m.WhichOneof("type") == "new_session"
        )

    def run(self, page: str = "") -> None:
        """Ask for a full run and listen until it is over."""
        message = BackMsg()
        message.rerun_script.page_name = page
        self.say(message)
        self.listen(until="script_finished")

    def say(self, message: BackMsg) -> None:
        """Send unless the server has closed; `listen` tells that."""
        with contextlib.suppress(ConnectionClosed):
            self.socket.send(message.SerializeToString())

    def listen(self, seconds: float = 10, until: str = "") -> None:
        """Hear what comes, until a kind of message, the end, or silence for `seconds`."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            try:
                message = ForwardMsg.FromString(self.socket.recv(timeout=left))
            except TimeoutError:
                return
            except ConnectionClosed as closed:
                self.closed_with = closed.rcvd.code if closed.rcvd else 1006
                return
            self.heard.append(message)
            if until and message.WhichOneof("type") == until:
                return

    def seen(self) -> str:
        """Everything the page was told, as text."""
        return "\n".join(str(message) for message in self.heard)

    def pages(self) -> set[str]:
        """Addresses in the navigation the page was given."""
        return {
            page.url_pathname
            for message in self.heard
            if message.WhichOneof("type") == "navigation"
            for page in message.navigation.app_pages
            if not page.is_hidden
        }


def open_tab(
    app: RunningApp,
    cookie: str = "",
    memory: str = "",
    origin: str | None = None,
    extra: dict[str, str] | None = None,
) -> Tab:
    """Open Streamlit's websocket, with a cookie, and a memory when the page comes back."""
    offered = ["streamlit", "none", memory] if memory else ["streamlit"]
    socket = connect(
        f"ws://127.0.0.1:{app.port}/_stcore/stream",
        subprotocols=[Subprotocol(name) for name in offered],
        additional_headers=(extra or {}) | ({"Cookie": cookie} if cookie else {}),
        origin=Origin(origin or app.url),
        max_size=None,
    )
    return Tab(socket)
