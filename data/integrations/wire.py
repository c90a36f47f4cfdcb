"""One HTTP exchange with a hard deadline: a body or header that drips cannot hold a worker."""

from __future__ import annotations

import gc
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

CONNECT_S = 5.0
READ_S = 30.0
LARGEST = 64 * 1024 * 1024
_thread = threading.local()


class Cut(Exception):
    """The exchange did not end: network error, timeout, cut-off body. Text: why, in words."""


class TooLarge(Exception):
    """The body is larger than any page of a vendor."""


@dataclass(frozen=True)
class Request:
    """What goes out. `form` makes a form body, `body` a JSON one; `basic` is user and password."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str] | None = None
    form: Mapping[str, str] | None = None
    body: Any = None
    basic: tuple[str, str] | None = None


@dataclass(frozen=True)
class Received:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def document(self) -> Any:
        """The body as JSON, read once. Raises ValueError."""
        # JSON holds no cycles, and looking for some while it grows took 70 % of reading a page.
        collects = gc.isenabled()
        gc.disable()
        try:
            return json.loads(self.body)
        finally:
            if collects:
                gc.enable()


def session(agent: str) -> requests.Session:
    """A session that verifies TLS, names itself, and can be cut at a deadline."""
    made = requests.Session()
    made.headers["User-Agent"] = agent
    made.headers["Accept"] = "application/json"
    made.mount("https://", _Adapter(max_retries=0, pool_connections=4, pool_maxsize=4))
    made.mount("http://", _Adapter(max_retries=0, pool_connections=4, pool_maxsize=4))
    return made


def exchange(opened: requests.Session, request: Request, deadline_s: float) -> Received:
    """Send and read the whole answer. Raises Cut, TooLarge."""
    with _watch(deadline_s) as watch:
        try:
            with _send(opened, request, deadline_s) as answer:
                body = b"".join(_chunks(answer))
                return Received(answer.status_code, answer.headers, body)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            if watch.expired:
                raise Cut(f"the answer was not complete after {deadline_s:.3g} s") from None
            raise Cut(_reason(error)) from None


@contextmanager
def stream(
    opened: requests.Session, request: Request, idle_s: float
) -> Iterator[tuple[int, Mapping[str, str], Iterator[bytes]]]:
    """Status, headers and the body in pieces; no piece may take longer than `idle_s`."""
    try:
        with _send(opened, request, idle_s) as answer:
            yield answer.status_code, answer.headers, answer.iter_content(256 * 1024)
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise Cut(_reason(error)) from None


def _send(opened: requests.Session, request: Request, within_s: float) -> requests.Response:
    return opened.request(
        request.method,
        request.url,
        params=request.query,
        data=request.form,
        json=request.body,
        headers=dict(request.headers),
        auth=request.basic or _unchanged,
        timeout=(min(CONNECT_S, within_s), min(READ_S, within_s)),
        allow_redirects=False,
        stream=True,
    )


def _unchanged(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """Without an auth of our own, requests would take one from ~/.netrc over our header."""
    return prepared


def _chunks(answer: requests.Response) -> Iterator[bytes]:
    size = 0
    for chunk in answer.iter_content(256 * 1024):
        size += len(chunk)
        if size > LARGEST:
            raise TooLarge
        yield chunk


def _reason(error: Exception) -> str:
    """The kind of failure in words; the library's own text may carry addresses and tokens."""
    if isinstance(error, requests.ConnectTimeout):
        return "no connection within the time allowed"
    if isinstance(error, requests.Timeout):
        return "no answer within the time allowed"
    if isinstance(error, requests.exceptions.SSLError):
        return "its TLS certificate is not valid"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the answer was cut off"
    return "the connection failed"


class _Watch:
    """Shuts the socket of the exchange that is under way in its thread."""

    def __init__(self) -> None:
        self.sock: socket.socket | None = None
        self.expired = False

    def fire(self) -> None:
        self.expired = True
        if self.sock is not None:
            # The TCP socket below TLS: an SSLSocket's own shutdown races with its reader.
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


@contextmanager
def _watch(seconds: float) -> Iterator[_Watch]:
    watch = _Watch()
    timer = threading.Timer(seconds, watch.fire)
    timer.daemon = True
    _thread.watch = watch
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
        _thread.watch = None


def _noticed(connection: Any) -> None:
    watch = getattr(_thread, "watch", None)
    if watch is not None:
        watch.sock = connection.sock
        if watch.expired:
            watch.fire()


class _Plain(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _noticed(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _noticed(self)
        super().request(*args, **kwargs)


class _Secure(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _noticed(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _noticed(self)
        super().request(*args, **kwargs)


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
