"""A line to PostgreSQL that a test can cut and mend."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import parse_qs, urlsplit


class Line:
    """Forwards TCP to the embedded server's Unix socket while it is whole."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.target = parse_qs(parts.query)["host"][0] + "/.s.PGSQL.5432"
        self.whole = True
        self.held: list[socket.socket] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        port = self.server.getsockname()[1]
        self.url = f"postgresql://{parts.username}:{parts.password}@127.0.0.1:{port}{parts.path}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection breaks; new ones are refused."""
        self.whole = False
        for end in self.held:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
                end.close()
        self.held.clear()

    def mend(self) -> None:
        """New connections pass again."""
        self.whole = True

    def _accept(self) -> None:
        while True:
            near, _ = self.server.accept()
            if not self.whole:
                near.close()
                continue
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.target)
            self.held += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.close()
