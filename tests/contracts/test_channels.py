"""Every channel keeps the same promises, against real servers on loopback."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from alerts import channels
from alerts.channels import http, pagerduty, slack, webhook
from alerts.channels.config import ChannelConfig, Receipt, Surroundings
from alerts.channels.errors import DeliveryError, Permanent, Temporary, Throttled
from alerts.channels.message import Chart, Item, Message
from tests.contracts.channel_servers import (
    Certificate,
    Mailbox,
    Receiver,
    http_server,
    smtp_server,
)

NOW = datetime(2026, 3, 1, 8, 5, tzinfo=UTC)
SECRET = "s3cretS3cretS3cretS3cretS3cret99"
HTTP_KINDS = ("slack", "bot", "pagerduty", "webhook")
ITEM = Item(
    event="trigger",
    rule="Ofen zu heiß 🔥",
    severity="critical",
    dedup_key="sentia-17",
    link="https://dash.example.com/alerts?alert=17",
    since=NOW - timedelta(minutes=5),
    at=NOW,
    labels={"line": "Línea 1"},
    condition="avg over 5m > 80",
    value=81.5,
    runbook="https://wiki.example.com/oven?a=1&b=2",
)
CHART = Chart("Ofen", tuple((NOW + timedelta(minutes=m), 70.0 + m) for m in range(20)), 80.0)
MESSAGE = Message("Sentia <GmbH>", "2d7c", (ITEM,), chart=CHART)


@dataclass
class Rig:
    config: ChannelConfig
    around: Surroundings
    web: Receiver | None = None
    mail: Mailbox | None = None

    def send(self, message: Message = MESSAGE) -> Receipt:
        return channels.send(message, self.config, self.around)

    def fails(self, message: Message = MESSAGE) -> DeliveryError:
        with pytest.raises(DeliveryError) as caught:
            self.send(message)
        return caught.value


@contextmanager
def rigged(kind: str, certificate: Certificate | None = None) -> Iterator[Rig]:
    if kind == "email":
        with smtp_server(certificate) as box:
            yield Rig(mail_config(box), Surroundings(timeout=2), mail=box)
        return
    with http_server(certificate) as web:
        web.status = 202 if kind == "pagerduty" else 200
        web.body = '{"ok":true,"ts":"17.1"}' if kind == "bot" else "ok"
        around = Surroundings(web.url, f"{web.url}/api", web.url, True, 2)
        yield Rig(web_config(kind, web.url), around, web=web)


def mail_config(box: Mailbox, **fields: str) -> ChannelConfig:
    known = {
        "host": "127.0.0.1",
        "port": str(box.port),
        "security": "none",
        "sender": "Sentia <alerts@example.com>",
        "recipients": "a@example.com, b@example.com",
    }
    return ChannelConfig("mail", "email", known | fields)


def web_config(kind: str, url: str) -> ChannelConfig:
    secrets = {
        "slack": {"url": f"{url}/services/{SECRET}"},
        "bot": {"token": SECRET},
        "pagerduty": {"routing_key": SECRET},
        "webhook": {"url": f"{url}/in/{SECRET}", "key": SECRET},
    }[kind]
    fields = {"channel": "C017"} if kind == "bot" else {}
    return ChannelConfig(kind, "slack" if kind == "bot" else kind, fields, secrets)


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate.make(tmp_path)


@pytest.fixture(params=["email", *HTTP_KINDS])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with rigged(request.param) as made:
        yield made


@pytest.fixture(params=HTTP_KINDS)
def web(request: pytest.FixtureRequest) -> Iterator[tuple[Rig, Receiver]]:
    with rigged(request.param) as made:
        assert made.web is not None
        yield made, made.web


def test_a_message_arrives_once_with_its_text_whole(rig: Rig) -> None:
    rig.send()
    if rig.mail is not None:
        (envelope,) = rig.mail.mails
        assert "Ofen zu heiß 🔥" in str(parsed(envelope.content)["Subject"])
        assert envelope.rcpt_tos == ["a@example.com", "b@example.com"]
    else:
        assert rig.web is not None
        (document,) = rig.web.documents()
        assert "Ofen zu heiß 🔥" in json.dumps(document, ensure_ascii=False)


def test_every_event_can_be_told(rig: Rig) -> None:
    for event in ("trigger", "repeat", "escalate", "acknowledge", "resolve", "test"):
        rig.send(replace(MESSAGE, items=(replace(ITEM, event=event),), chart=None))


def test_a_hundred_alerts_fit_one_message(rig: Rig) -> None:
    items = tuple(replace(ITEM, dedup_key=f"sentia-{n}", rule="x" * 500) for n in range(100))
    rig.send(replace(MESSAGE, items=items))


def test_a_line_break_in_a_name_forges_nothing(rig: Rig) -> None:
    forged = replace(ITEM, rule="oven\r\nBcc: thief@example.com\r\n\r\nhello")
    rig.send(replace(MESSAGE, items=(forged,)))
    if rig.mail is not None:
        assert parsed(rig.mail.mails[0].content)["Bcc"] is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 301])
def test_a_refusal_is_permanent(web: tuple[Rig, Receiver], status: int) -> None:
    rig, receiver = web
    receiver.status = status
    assert rig.fails().permanent
    assert len(receiver.calls) == 1


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_broken_server_is_tried_again(web: tuple[Rig, Receiver], status: int) -> None:
    rig, receiver = web
    receiver.status = status
    assert not rig.fails().permanent


def test_a_busy_server_says_when_to_come_back(web: tuple[Rig, Receiver]) -> None:
    rig, receiver = web
    receiver.status, receiver.headers = 429, {"Retry-After": "37"}
    failure = rig.fails()
    assert isinstance(failure, Throttled)
    assert failure.retry_after == 37
    receiver.headers = {"Retry-After": "Fri, 01 Jan 2021 00:00:00 GMT"}
    assert rig.fails().retry_after == 0


def test_a_server_that_does_not_answer_is_given_up_within_the_timeout(rig: Rig) -> None:
    quick = replace(rig, around=replace(rig.around, timeout=0.3))
    if rig.mail is not None:
        rig.mail.delay = 1.5
    if rig.web is not None:
        rig.web.delay = 1.5
    began = datetime.now(UTC)
    assert not quick.fails().permanent
    assert datetime.now(UTC) - began < timedelta(seconds=1.4)


def test_a_server_that_is_gone_is_tried_again(rig: Rig) -> None:
    gone = replace(rig, around=replace(rig.around, pagerduty_url="http://127.0.0.1:9"))
    gone = replace(gone, around=replace(gone.around, slack_url="http://127.0.0.1:9"))
    gone = replace(gone, around=replace(gone.around, slack_api_url="http://127.0.0.1:9"))
    fields = {**rig.config.fields, "port": "9"}
    secrets = dict(rig.config.secrets)
    if "url" in secrets:
        secrets["url"] = f"http://127.0.0.1:9/{SECRET}"
    gone = replace(gone, config=replace(rig.config, fields=fields, secrets=secrets))
    failure = gone.fails()
    assert isinstance(failure, Temporary)
    assert SECRET not in str(failure)
    assert "cannot be reached" in str(failure)


@pytest.mark.parametrize("kind", HTTP_KINDS)
def test_an_untrusted_certificate_is_refused_and_a_trusted_one_is_not(
    kind: str, certificate: Certificate
) -> None:
    with rigged(kind, certificate) as rig:
        failure = rig.fails()
        assert str(failure) == "The server's certificate is not trusted."
        assert failure.permanent
        trusting = replace(rig, around=replace(rig.around, trust=certificate.trusting()))
        trusting.send()


def test_no_secret_stands_in_an_error_or_a_representation(web: tuple[Rig, Receiver]) -> None:
    rig, receiver = web
    for status in (400, 429, 500):
        receiver.status, receiver.body = status, f"no such key {SECRET} ECHO"
        failure = rig.fails()
        assert SECRET not in f"{failure} {failure!r} {failure.args}"
        assert failure.__cause__ is None
    assert SECRET not in repr(rig.config)


@pytest.mark.parametrize("kind", ["webhook", "slack", "bot", "pagerduty"])
def test_a_private_target_is_refused_unless_a_setting_allows_it(kind: str) -> None:
    with rigged(kind) as rig:
        guarded = replace(rig, around=replace(rig.around, allow_private=False))
        failure = guarded.fails()
        assert failure.permanent
        assert "ALERT_ALLOW_PRIVATE_TARGETS" in str(failure)
        assert rig.web is not None
        assert rig.web.calls == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.9", "172.16.0.1", "169.254.169.254", "0.0.0.0", "[::1]",
     "[64:ff9b::a9fe:a9fe]",
     "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "100.64.0.1", "224.0.0.1", "2130706433"],
)  # fmt: skip
def test_no_spelling_of_a_private_address_passes(address: str) -> None:
    with pytest.raises(Permanent, match="private or local"):
        http.post(f"http://{address}/", b"", {}, Surroundings())


def test_a_redirect_is_not_followed(web: tuple[Rig, Receiver]) -> None:
    rig, receiver = web
    receiver.status, receiver.headers = 302, {"Location": "/elsewhere"}
    assert rig.fails().permanent
    assert len(receiver.calls) == 1


def test_slack_stays_within_its_limits() -> None:
    long = replace(ITEM, rule="r" * 400, description="d" * 9000, labels={"l": "v" * 5000})
    made = slack.payload(Message("c", "k", (long,) * 80), web_config("slack", "https://x"))
    assert len(made["blocks"]) <= 50
    assert len(made["blocks"][0]["text"]["text"]) <= 150
    sections = [block for block in made["blocks"] if block["type"] == "section"]
    assert all(len(block["text"]["text"]) <= 3000 for block in sections)
    assert sections[-1]["text"]["text"] == "… and 56 more; the Alerts page lists all."


def test_slack_text_cannot_mention_everybody() -> None:
    made = slack.payload(
        replace(MESSAGE, items=(replace(ITEM, rule="<!channel> & co"),)),
        web_config("slack", "https://x"),
    )
    assert "&lt;!channel&gt; &amp; co" in made["blocks"][1]["text"]["text"]


def test_a_bot_puts_updates_into_the_thread_of_the_rule() -> None:
    with rigged("bot") as rig:
        assert rig.send().thread == "17.1"
        channels.send(MESSAGE, rig.config, rig.around, "17.1")
        assert rig.web is not None
        first, second = rig.web.documents()
        assert ("thread_ts" in first, second["thread_ts"]) == (False, "17.1")


def test_a_bot_shows_what_fires_in_the_channel_and_starts_a_new_thread_when_one_is_gone() -> None:
    with rigged("bot") as rig:
        assert rig.web is not None
        for event in ("trigger", "repeat"):
            told = replace(MESSAGE, items=(replace(ITEM, event=event),))
            channels.send(told, rig.config, rig.around, "17.1")
        loud = [call["reply_broadcast"] for call in rig.web.documents()]
        assert loud == [True, False]
        rig.web.body = '{"ok":false,"error":"thread_not_found"}'
        with pytest.raises(Permanent, match="thread_not_found"):
            channels.send(MESSAGE, rig.config, rig.around, "17.1")
        assert ["thread_ts" in call for call in rig.web.documents()[2:]] == [True, False]


def test_a_refusal_that_slack_answers_with_200_is_seen() -> None:
    with rigged("bot") as rig:
        assert rig.web is not None
        rig.web.body = '{"ok":false,"error":"channel_not_found"}'
        assert rig.fails().permanent
        rig.web.body = '{"ok":false,"error":"ratelimited"}'
        assert not rig.fails().permanent


def test_pagerduty_gets_one_event_an_alert_under_its_own_dedup_key() -> None:
    with rigged("pagerduty") as rig:
        for event in ("trigger", "acknowledge", "resolve"):
            rig.send(replace(MESSAGE, items=(replace(ITEM, event=event),)))
        assert rig.web is not None
        documents = rig.web.documents()
        assert [d["event_action"] for d in documents] == ["trigger", "acknowledge", "resolve"]
        assert {d["dedup_key"] for d in documents} == {"sentia-17"}
        assert {path for path, _, _ in rig.web.calls} == {"/v2/enqueue"}


def test_pagerduty_stays_within_its_limits() -> None:
    long = replace(ITEM, rule="r" * 4000, dedup_key="k" * 900, severity="strange")
    (event,) = pagerduty.payload(Message("c", "k", (long,)), web_config("pagerduty", ""))
    assert len(event["payload"]["summary"]) == 1024
    assert len(event["dedup_key"]) == 255
    assert event["payload"]["severity"] == "error"


def test_a_webhook_is_signed_so_that_the_receiver_can_tell() -> None:
    with rigged("webhook") as rig:
        rig.send()
        assert rig.web is not None
        ((_, headers, body),) = rig.web.calls
        stamp = headers["X-Sentia-Timestamp"]
        assert headers["X-Sentia-Signature"] == webhook.signature(SECRET, stamp, body)


def test_a_webhook_can_tell_an_infinite_value() -> None:
    made = webhook.payload(
        replace(MESSAGE, items=(replace(ITEM, value=float("inf")),)), web_config("webhook", "")
    )
    assert made["alerts"][0]["value"] == "inf"


def parsed(content: bytes | str | None) -> EmailMessage:
    assert isinstance(content, bytes)
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_an_email_has_text_html_and_the_chart() -> None:
    with rigged("email") as rig:
        rig.send()
        assert rig.mail is not None
        mail = parsed(rig.mail.mails[0].content)
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert plain is not None and html is not None
        assert "Condition: avg over 5m > 80" in plain.get_content()
        assert "avg over 5m &gt; 80" in html.get_content()
        pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
        assert pictures[0].get_payload(decode=True)[:4] == b"\x89PNG"  # type: ignore[index]
        assert mail["Message-ID"] == "<2d7c@example.com>"
        assert mail["Date"] is not None


def test_an_email_password_goes_over_starttls_only(certificate: Certificate) -> None:
    with smtp_server(certificate, SECRET) as box:
        config = replace(
            mail_config(box, security="starttls", username="alerts"), secrets={"password": SECRET}
        )
        rig = Rig(config, Surroundings(timeout=2, trust=certificate.trusting()), mail=box)
        rig.send()
        assert box.passwords == [SECRET.encode()]
        untrusting = replace(rig, around=Surroundings(timeout=2))
        assert str(untrusting.fails()) == "The mail server's certificate is not trusted."
        wrong = replace(rig, config=replace(config, secrets={"password": "guess"}))
        assert wrong.fails().permanent
        assert "guess" not in str(wrong.fails())
    with smtp_server() as plain:
        config = replace(config, fields={**config.fields, "port": str(plain.port)})
        refused = replace(rig, config=config).fails()
        assert refused.permanent
        assert plain.mails == []


def test_an_email_goes_over_tls_from_the_first_byte(certificate: Certificate) -> None:
    with smtp_server(certificate, tls=True) as box:
        config = mail_config(box, security="tls")
        Rig(config, Surroundings(timeout=2, trust=certificate.trusting())).send()
        assert len(box.mails) == 1
        assert Rig(config, Surroundings(timeout=2)).fails().permanent


@pytest.mark.parametrize(("answer", "permanent"), [("451 later", False), ("554 spam", True)])
def test_a_mail_servers_answer_decides_whether_to_try_again(answer: str, permanent: bool) -> None:
    with rigged("email") as rig:
        assert rig.mail is not None
        rig.mail.answer = answer
        assert rig.fails().permanent is permanent
        rig.mail.answer, rig.mail.recipient_answer = "250 kept", answer
        assert rig.fails().permanent is permanent


def test_a_configuration_that_cannot_work_says_why() -> None:
    assert channels.problems(ChannelConfig("x", "fax", {})) == ['"fax" is not a kind of channel.']
    assert channels.problems(ChannelConfig("x", "pagerduty", {}, {"routing_key": "short"})) == [
        "An integration key has 32 letters and digits."
    ]
    assert channels.problems(ChannelConfig("x", "slack", {})) == [
        "Give an incoming webhook, or a bot token with a channel id."
    ]
    for kind in HTTP_KINDS:
        assert channels.problems(web_config(kind, "https://example.com")) == []
