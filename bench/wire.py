"""A page without a browser: speaks Streamlit's protocol over its websocket."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect


@dataclass
class Live:
    """One open page: what it was told so far."""

    connection: ClientConnection
    slug: str = ""
    page_hash: str = ""
    fragments: dict[str, float] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)
    query: str = ""
    received: int = 0
    largest: int = 0
    keep: bool = False
    deltas: list[ForwardMsg] = field(default_factory=list)

    async def rerun(self, fragment: str = "") -> float:
        """Run the script, or one fragment, once; returns the seconds until it was done."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_script_hash = self.page_hash
        if not self.page_hash:
            message.rerun_script.page_name = self.slug
        if fragment:
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
        began = time.perf_counter()
        await self.connection.send(message.SerializeToString())
        await self._until_done()
        return time.perf_counter() - began

    async def submit(self, message: BackMsg) -> None:
        """Send widgets' values and wait for the run that they cause."""
        message.rerun_script.page_script_hash = self.page_hash
        await self.connection.send(message.SerializeToString())
        await self._until_done()

    async def tick(self) -> float:
        """What the browser does on a tick: each fragment whose interval has passed, or all."""
        if not self.fragments:
            return await self.rerun()
        began = time.perf_counter()
        for fragment, interval in list(self.fragments.items()):
            if began >= self.due.get(fragment, 0.0):
                # Ticks come on time at best: one a little early is still this interval's.
                self.due[fragment] = began + 0.9 * interval
                await self.rerun(fragment)
        return time.perf_counter() - began

    async def _until_done(self) -> None:
        while True:
            body = await asyncio.wait_for(self.connection.recv(decode=False), 60)
            self.received += len(body)
            self.largest = max(self.largest, len(body))
            if len(body) > 20_000:
                continue  # a chart's data; what ends a run is short
            message = ForwardMsg()
            message.ParseFromString(body)
            kind = message.WhichOneof("type")
            if self.keep and kind == "delta":
                self.deltas.append(message)
            if kind == "navigation":  # what new_session names may still be the script itself
                self.page_hash = message.navigation.page_script_hash
            elif kind == "auto_rerun":
                self.fragments[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            elif kind == "script_finished":
                return


async def opened(
    url: str, slug: str = "", cookie: str = "", query: str = "", keep: bool = False
) -> Live:
    """Open the page and wait for its first run; `keep` what it drew."""
    headers = {"Origin": url} | ({"Cookie": cookie} if cookie else {})
    connection = await connect(
        url.replace("http", "ws", 1) + "/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        additional_headers=headers,
        max_size=None,
        compression=None,
        ping_interval=None,
    )
    live = Live(connection, slug, query=query, keep=keep)
    await live.rerun()
    return live
