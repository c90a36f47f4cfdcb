"""E-mail: text and HTML with the series' chart; a password goes over STARTTLS or TLS only."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, parseaddr
from html import escape

from alerts.channels.chart import png
from alerts.channels.config import ChannelConfig, Field, Receipt, Surroundings
from alerts.channels.errors import Permanent, Temporary
from alerts.channels.message import Item, Message, one_line

FIELDS: tuple[Field, ...] = (
    Field("host", "Mail server"),
    Field("port", "Port", default="587"),
    Field(
        "security",
        "Security",
        default="starttls",
        choices=("starttls", "tls", "none"),
        help="none only for a server on this machine or network that asks no password.",
    ),
    Field("username", "User name", required=False),
    Field("password", "Password", secret=True, required=False),
    Field("sender", "From"),
    Field("recipients", "To", help="Addresses, separated by commas."),
)
_LONGEST_SUBJECT = 200


def check(config: ChannelConfig) -> Iterator[str]:
    """What keeps this configuration from working."""
    if not config["host"]:
        yield "Name the mail server."
    if not config["port"].isdecimal() or not 0 < int(config["port"]) < 65536:
        yield "The port is a number from 1 to 65535, usually 587."
    if config["security"] == "none" and config["password"]:
        yield "A password is only sent over starttls or tls."
    if not _addresses(config["recipients"]):
        yield "Give at least one recipient's address."
    if "@" not in parseaddr(config["sender"])[1]:
        yield "The sender must be an e-mail address."


def payload(message: Message, config: ChannelConfig) -> EmailMessage:
    """The e-mail, without its Date."""
    mail = EmailMessage()
    mail["Subject"] = one_line(message.title, _LONGEST_SUBJECT)
    name, address = parseaddr(config["sender"])
    domain = address.rpartition("@")[2]
    mail["From"] = Address(one_line(name or message.company, 80), addr_spec=address)
    mail["To"] = ", ".join(_addresses(config["recipients"]))
    mail["Message-ID"] = f"<{message.key}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.plain)
    picture = png(message.chart) if message.chart else None
    mail.add_alternative(_html(message, picture is not None), subtype="html")
    if picture is not None:
        mail.add_attachment(
            picture, maintype="image", subtype="png", filename="chart.png", cid="<chart>",
            disposition="inline",
        )  # fmt: skip
    return mail


def _html(message: Message, pictured: bool) -> str:
    chart = '<p><img src="cid:chart" alt="The series around this moment" width="640"></p>'
    return (
        '<div style="font-family:sans-serif;font-size:15px;color:#1a1a1a">'
        + "".join(_html_item(item) for item in message.items)
        + (chart if pictured else "")
        + f'<p style="color:#666">{escape(message.company)}</p></div>'
    )


def _html_item(item: Item) -> str:
    colour = {"critical": "#b3261e", "warning": "#9a6700"}.get(item.severity, "#1a5fb4")
    if item.event == "resolve":
        colour = "#1b6e3c"
    rows = "".join(
        f'<tr><td style="padding:2px 12px 2px 0;color:#666">{escape(what)}</td>'
        f"<td>{escape(text)}</td></tr>"
        for what, text in item.facts
    )
    return (
        f'<h2 style="font-size:18px;color:{colour}">{escape(item.headline)}</h2>'
        f"<table>{rows}</table>"
        f'<p><a href="{escape(item.link, quote=True)}">Open the alert</a></p>'
    )


def _addresses(text: str) -> list[str]:
    found = [address for _, address in getaddresses([text.replace(";", ",")])]
    return [address for address in found if "@" in address and address.isprintable()]


def notify(
    message: Message, config: ChannelConfig, around: Surroundings, thread: str | None = None
) -> Receipt:
    """Send. Raises DeliveryError."""
    mail = payload(message, config)
    mail["Date"] = format_datetime(datetime.now(UTC))
    try:
        with _connected(config, around) as server:
            refused = server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        kind = Permanent if all(code >= 500 for code in codes) else Temporary
        raise kind(f"The mail server refused every recipient ({codes[0]}).") from None
    except smtplib.SMTPAuthenticationError as error:
        raise Permanent(
            f"The mail server refused the user name or password ({error.smtp_code})."
        ) from None
    except smtplib.SMTPNotSupportedError:
        needed = "STARTTLS" if config["security"] == "starttls" else "signing in"
        raise Permanent(
            f"The mail server offers no {needed}; choose another port or security."
        ) from None
    except smtplib.SMTPResponseException as error:
        kind = Permanent if error.smtp_code >= 500 else Temporary
        raise kind(f"The mail server answered {error.smtp_code}.") from None
    except ssl.SSLCertVerificationError:
        raise Permanent("The mail server's certificate is not trusted.") from None
    except (ssl.SSLError, smtplib.SMTPException, OSError) as error:
        raise Temporary(f"The mail server cannot be reached ({type(error).__name__}).") from None
    return Receipt(f"refused for {len(refused)} recipients" if refused else "accepted")


def _connected(config: ChannelConfig, around: Surroundings) -> smtplib.SMTP:
    trust = around.trust or ssl.create_default_context()
    host, port = config["host"], int(config["port"])
    server: smtplib.SMTP
    if config["security"] == "tls":
        server = smtplib.SMTP_SSL(host, port, timeout=around.timeout, context=trust)
    else:
        server = smtplib.SMTP(host, port, timeout=around.timeout)
    try:
        if config["security"] != "tls" and config["security"] != "none":
            server.starttls(context=trust)
        if config["username"] and config["security"] != "none":
            server.login(config["username"], config["password"])
    except BaseException:
        server.close()
        raise
    return server
