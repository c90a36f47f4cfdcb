"""Real receivers on loopback: an HTTP server that answers as told, an SMTP server, certificates."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Receiver:
    """What arrived, and what is answered."""

    url: str = ""
    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def documents(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.calls]


@contextmanager
def http_server(certificate: Certificate | None = None) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            receiver.calls.append((self.path, dict(self.headers), body))
            time.sleep(receiver.delay)
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            answer = receiver.body.replace("ECHO", body.decode()).encode()
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        server.socket = certificate.serving().wrap_socket(server.socket, server_side=True)
        scheme = "https"
    receiver.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()


class Mailbox:
    """An SMTP server's memory and its answers."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.answer = "250 kept"
        self.recipient_answer = "250 fine"
        self.passwords: list[bytes] = []
        self.delay = 0.0
        self.port = 0

    async def handle_RCPT(self, _s: Any, _e: Any, envelope: Envelope, to: str, _o: Any) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(to)
        return self.recipient_answer

    async def handle_DATA(self, _s: Any, _e: Any, envelope: Envelope) -> str:
        if self.delay:
            import asyncio

            await asyncio.sleep(self.delay)
        if self.answer.startswith("250"):
            self.mails.append(envelope)
        return self.answer


@contextmanager
def smtp_server(
    certificate: Certificate | None = None, password: str | None = None, tls: bool = False
) -> Iterator[Mailbox]:
    """With a certificate: STARTTLS, or TLS from the start; with a password: AUTH is required."""
    box = Mailbox()

    def authenticate(_s: Any, _n: Any, _e: Any, _m: str, given: Any) -> AuthResult:
        box.passwords.append(given.password)
        right = given.password == (password or "").encode()
        return AuthResult(success=right, handled=False)

    context = certificate.serving() if certificate else None
    controller = _Controller(
        box,
        hostname="127.0.0.1",
        port=_free_port(),
        tls_context=None if tls else context,
        ssl_context=context if tls else None,
        require_starttls=False,
        auth_required=password is not None,
        auth_require_tls=password is not None and not tls,
        authenticator=authenticate if password is not None else None,
        enable_SMTPUTF8=True,
    )
    controller.start()
    box.port = controller.port
    yield box
    controller.stop(no_assert=True)


class _Controller(Controller):
    """aiosmtpd greets itself once on start; over TLS it would not trust its own certificate."""

    def _trigger_server(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as plain:
            if self.ssl_context is None:
                plain.recv(1024)
                return
            blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
            with blind.wrap_socket(plain) as secure:
                secure.recv(1024)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Certificate:
    """A certificate for 127.0.0.1 that only `trusting()` trusts."""

    path: Path

    @classmethod
    def make(cls, folder: Path) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.now(UTC)
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        signed = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        path = folder / "server.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + signed.public_bytes(serialization.Encoding.PEM)
        )
        return cls(path)

    def serving(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.path)
