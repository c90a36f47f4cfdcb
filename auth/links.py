"""Single-use links: invitations of 48 hours, and half an hour for a forgotten password."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from threading import Thread
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import structlog

from auth import audit, passwords, people, sessions, waits
from config.settings import settings
from data import database

PARAMETER = "set-password"
_LASTS_S = {"invite": 48 * 3600, "reset": 30 * 60}
Purpose = Literal["invite", "reset"]
_log = structlog.get_logger()


@dataclass(frozen=True)
class Link:
    """An address to hand over, and whether it was e-mailed."""

    address: str
    mailed: bool


def invite(username: str, role: str, *, name: str, email: str | None, by: Any) -> Link:
    """Make an account whose owner sets the password. Raises AccountRefused."""
    user_id = people.add(username, role, name=name, email=email or None, by=by)
    return _make(user_id, people.tidy(username), "invite", email, by)


def reset(username: str, by: Any) -> Link:
    """A link for somebody's password, made by an admin. Raises AccountRefused."""
    user = people.find(username)
    return _make(user["id"], user["username"], "reset", user["email"], by)


def forgotten(email: str, from_address: str | None) -> None:
    """Mail a link when the address is somebody's; who asks learns nothing, not even by time."""
    wanted = audit.one_line(email.strip().lower())
    if waits.attempt(f"forgotten {wanted}", from_address or "") > 0:
        return
    user = database.one(
        "SELECT id, username, email FROM users WHERE lower(email) = :email"
        " AND disabled_at IS NULL AND deleted_at IS NULL",
        email=wanted,
    )
    audit.record("password.forgotten", actor=user["username"] if user else wanted,
                 address=from_address, outcome="done" if user else "refused")  # fmt: skip
    if user is not None:
        Thread(
            target=_make,
            args=(user["id"], user["username"], "reset", user["email"], user["username"]),
            daemon=True,
        ).start()


def owner(token: str) -> Any:
    """id, username, name of whom the link is for; None when it is used, old or unknown."""
    return database.one(
        """
        SELECT u.id, u.username, u.name, t.purpose FROM tickets t JOIN users u ON u.id = t.user_id
        WHERE t.token_hash = :key AND t.purpose IN ('invite', 'reset') AND t.expires_at > now()
          AND u.disabled_at IS NULL AND u.deleted_at IS NULL
        """,
        key=sessions.digest(token),
    )


def use(token: str, password: str, address: str | None) -> str | None:
    """Set the password, once; returns the username, None when the link is no good any more.

    Raises PasswordRefused, which leaves the link good.
    """
    audit.coming_from(address)
    user = owner(token)
    if user is None:
        return None
    passwords.require_good(password, user["username"], user["name"])
    taken = database.execute(
        "DELETE FROM tickets WHERE token_hash = :key AND expires_at > now()",
        key=sessions.digest(token),
    )
    if not taken:
        return None
    audit.record("link.use", actor=user["username"], on=user["purpose"], address=address)
    people.set_password(user["username"], password, by=user["username"])
    username: str = user["username"]
    return username


def _make(user_id: int, username: str, purpose: Purpose, email: str | None, by: Any) -> Link:
    token = sessions.ticket(user_id, purpose, seconds=_LASTS_S[purpose])
    audit.record(f"link.{purpose}", actor=by, on=username)
    base = settings().public_url.rstrip("/") or f"http://localhost:{settings().port}"
    address = f"{base}/?{PARAMETER}={token}"
    return Link(address, bool(email) and _mailed(str(email), purpose, address))


def _mailed(to: str, purpose: Purpose, address: str) -> bool:
    """Send the link; False without a mail server, or when it refuses: the link is handed over."""
    chosen = settings()
    if chosen.sentia_smtp_url is None:
        return False
    message = EmailMessage()
    message["From"], message["To"] = chosen.sentia_mail_from, audit.one_line(to)
    what = "Your account" if purpose == "invite" else "A new password"
    message["Subject"] = f"{what} at {audit.one_line(chosen.company_name)}"
    lasts = "48 hours" if purpose == "invite" else "30 minutes"
    message.set_content(
        f"Open this link to choose a password. It works once, for {lasts}:\n\n{address}\n\n"
        "If you did not expect it, leave it alone: nothing changes.\n",
        cte="7bit",
    )
    try:
        _send(chosen.sentia_smtp_url.get_secret_value(), message)
    except (OSError, smtplib.SMTPException) as error:
        _log.warning("a link could not be mailed", reason=str(error)[:200])
        return False
    return True


def _send(url: str, message: EmailMessage) -> None:
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    kind = smtplib.SMTP_SSL if secure else smtplib.SMTP
    with kind(parts.hostname or "localhost", parts.port or (465 if secure else 587),
              timeout=10) as server:  # fmt: skip
        if not secure:
            _encrypt(server, needed=bool(parts.username))
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)


def _encrypt(server: smtplib.SMTP, *, needed: bool) -> None:
    """STARTTLS where it is offered; without it no password is sent."""
    server.ehlo_or_helo_if_needed()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
    elif needed:
        raise smtplib.SMTPNotSupportedError("It offers no STARTTLS, so no password is sent to it.")
