"""A vendor on a loopback socket: answers as it is told, faults included."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    """One request that arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {k: v[0] for k, v in parse_qs(self.body.decode()).items()}

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """What goes back. `fault`: drip, truncate, close; `packed`: gzip, in chunks."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    fault: str = ""
    packed: bool = False

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Responder = Callable[[Asked], Answer]


class Fake:
    """A server whose `respond` decides; `faults` are answered first, one a request."""

    def __init__(self, respond: Responder | None = None) -> None:
        self.asked: list[Asked] = []
        self.faults: list[Answer | None] = []
        self.faulty_path = ""
        self.lock = threading.Lock()
        if respond is not None:
            self.respond = respond  # type: ignore[method-assign,assignment]
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def respond(self, asked: Asked) -> Answer:
        return Answer(404, {})

    def answer(self, asked: Asked) -> Answer:
        with self.lock:
            self.asked.append(asked)
            if self.faults and self.faulty_path in asked.path:
                fault = self.faults.pop(0)
                if fault is not None:
                    return fault
            return self.respond(asked)

    def paths(self) -> list[str]:
        return [each.path for each in self.asked]

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def running(made: Fake) -> Iterator[Fake]:
    try:
        yield made
    finally:
        made.stop()


def _in_chunks(raw: bytes, size: int = 100) -> bytes:
    parts = [raw[at : at + size] for at in range(0, len(raw), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def _handler(of: Fake) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"fake": of})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: Fake

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        return

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        asked = Asked(
            self.command,
            parts.path,
            {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()},
            {k.lower(): v for k, v in self.headers.items()},
            body,
        )
        self._send(self.fake.answer(asked))

    def _send(self, answer: Answer) -> None:
        raw = answer.raw
        if answer.fault == "close":
            self._cut()
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        if answer.packed:
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Transfer-Encoding", "chunked")
            raw = _in_chunks(gzip.compress(raw))
        else:
            self.send_header("Content-Length", str(len(raw)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if answer.fault == "drip":
            self._drip(raw)
        elif answer.fault == "truncate":
            self.wfile.write(raw[: len(raw) // 2])
            self._cut()
        else:
            self.wfile.write(raw)

    def _cut(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _drip(self, raw: bytes) -> None:
        try:
            for byte in raw:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            self.close_connection = True
