"""Invitations and forgotten passwords: a link that works once, for a while, for one person."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from auth import links, people, sessions, signin
from auth.passwords import PasswordRefused
from config import settings as settings_module
from data import database as db
from tests.contracts.channel_servers import Certificate, smtp_server
from tests.product import free_port

NEW = "a brand new password"


class Mailbox:
    """Keeps what is delivered."""

    def __init__(self) -> None:
        self.got: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.got.append(envelope)
        return "250 OK"


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    box, port = Mailbox(), free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    monkeypatch.setenv("SENTIA_SMTP_URL", f"smtp://127.0.0.1:{port}")
    settings_module.settings.cache_clear()
    yield box
    server.stop()
    monkeypatch.undo()
    settings_module.settings.cache_clear()


def token_of(address: str) -> str:
    return address.partition(f"{links.PARAMETER}=")[2]


def test_an_invited_person_chooses_the_password(database: str) -> None:
    link = links.invite("mia", "viewer", name="Mia", email=None, by="admin")
    assert not link.mailed
    assert signin.attempt("mia", "", None).ticket is None
    assert links.use(token_of(link.address), NEW, "192.0.2.1") == "mia"
    assert signin.attempt("mia", NEW, "192.0.2.1").ticket is not None


def test_a_link_works_once(database: str) -> None:
    token = token_of(links.invite("mia", "viewer", name="", email=None, by="admin").address)
    links.use(token, NEW, None)
    assert links.use(token, "yet another password", None) is None
    assert signin.attempt("mia", NEW, None).ticket is not None


@pytest.mark.parametrize(("purpose", "hours"), [("invite", 48), ("reset", 0.5)])
def test_a_link_works_for_a_while(database: str, purpose: str, hours: float) -> None:
    token = token_of(links.invite("mia", "viewer", name="", email=None, by="admin").address)
    if purpose == "reset":
        token = token_of(links.reset("mia", by="admin").address)
    lasts = db.scalar(
        "SELECT extract(epoch FROM expires_at - made_at) FROM tickets WHERE purpose = :p", p=purpose
    )
    assert float(lasts) == hours * 3600
    db.execute("UPDATE tickets SET expires_at = now()")
    assert links.owner(token) is None
    assert links.use(token, NEW, None) is None


def test_a_bad_password_leaves_the_link_good(database: str) -> None:
    token = token_of(links.invite("marta", "viewer", name="", email=None, by="admin").address)
    with pytest.raises(PasswordRefused):
        links.use(token, "marta marta marta", None)
    assert links.use(token, NEW, None) == "marta"


def test_a_new_password_by_link_ends_every_session(database: str) -> None:
    user = people.add("mia", "viewer", password="correct horse battery")
    opened = sessions.redeem(sessions.ticket(user), None, None)
    assert opened is not None
    links.use(token_of(links.reset("mia", by="admin").address), NEW, None)
    assert sessions.resolve(opened.token) is None


def test_a_link_of_a_disabled_person_is_dead(database: str) -> None:
    token = token_of(links.invite("mia", "viewer", name="", email=None, by="admin").address)
    people.disable("mia")
    assert links.use(token, NEW, None) is None


def test_the_invitation_is_mailed(database: str, mailbox: Mailbox) -> None:
    link = links.invite("mia", "viewer", name="Mia", email="mia@example.com", by="admin")
    assert link.mailed
    assert mailbox.got[0].rcpt_tos == ["mia@example.com"]
    assert link.address in mailbox.got[0].content.decode()


def test_a_forgotten_password_answers_alike_whether_or_not_the_address_is_known(
    database: str, mailbox: Mailbox
) -> None:
    people.add("mia", "viewer", password="correct horse battery", email="mia@example.com")

    def spent(email: str) -> float:
        began = time.perf_counter()
        links.forgotten(email, "192.0.2.1")
        return time.perf_counter() - began

    spent("warm@example.com")
    # The quickest of three: a busy machine delays one, the answer itself would delay them all.
    known, unknown = (
        min(spent(email) for _ in range(3)) for email in ("Mia@example.com", "nobody@example.com")
    )
    assert abs(known - unknown) < 0.1
    for _ in range(100):
        if mailbox.got:
            break
        time.sleep(0.05)
    assert mailbox.got
    assert all(envelope.rcpt_tos == ["mia@example.com"] for envelope in mailbox.got)


def test_nobody_can_be_buried_under_such_mails(database: str, mailbox: Mailbox) -> None:
    people.add("mia", "viewer", password="correct horse battery", email="mia@example.com")
    for _ in range(20):
        links.forgotten("mia@example.com", "192.0.2.1")
    time.sleep(0.5)
    assert len(mailbox.got) <= 5


def test_a_mail_server_that_refuses_leaves_the_link_to_hand_over(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTIA_SMTP_URL", f"smtp://127.0.0.1:{free_port()}")
    settings_module.settings.cache_clear()
    link = links.invite("mia", "viewer", name="", email="mia@example.com", by="admin")
    assert not link.mailed
    assert links.owner(token_of(link.address))["username"] == "mia"
    monkeypatch.undo()
    settings_module.settings.cache_clear()


def mailed_by(monkeypatch: pytest.MonkeyPatch, port: int) -> bool:
    """Whether an invitation goes out by the server on that port, with a user name and password."""
    monkeypatch.setenv("SENTIA_SMTP_URL", f"smtp://mailer:secret@127.0.0.1:{port}")
    settings_module.settings.cache_clear()
    link = links.invite("mia", "viewer", name="", email="mia@example.com", by="admin")
    monkeypatch.undo()
    settings_module.settings.cache_clear()
    return link.mailed


def test_a_mail_server_without_encryption_gets_no_password(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, port, given = Mailbox(), free_port(), []

    def authenticate(_s: Any, _n: Any, _e: Any, _m: str, told: Any) -> AuthResult:
        given.append(told)
        return AuthResult(success=True)

    server = Controller(
        box, hostname="127.0.0.1", port=port, authenticator=authenticate, auth_require_tls=False
    )
    server.start()
    assert not mailed_by(monkeypatch, port)
    server.stop()
    assert (box.got, given) == ([], [])


def test_a_mail_server_with_starttls_gets_the_password_encrypted(
    database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate = Certificate.make(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    with smtp_server(certificate, password="secret") as box:
        assert mailed_by(monkeypatch, box.port)
    assert box.passwords == [b"secret"]
    assert [mail.rcpt_tos for mail in box.mails] == [["mia@example.com"]]
