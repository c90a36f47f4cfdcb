"""Slack: Block Kit through an incoming webhook, or threaded by rule with a bot token.

An incoming webhook does not say under which `ts` a message appeared, so only a bot token can put
the updates of a rule into one thread.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from alerts.channels import http
from alerts.channels.config import ChannelConfig, Field, Receipt, Surroundings
from alerts.channels.errors import Permanent, Temporary, Throttled
from alerts.channels.message import Item, Message, one_line

FIELDS: tuple[Field, ...] = (
    Field(
        "url",
        "Incoming webhook",
        secret=True,
        required=False,
        help="https://hooks.slack.com/…; each update is a message of its own.",
    ),
    Field(
        "token",
        "Bot token",
        secret=True,
        required=False,
        help="xoxb-…, with chat:write; the updates of a rule go into one thread.",
    ),
    Field("channel", "Channel id", required=False, help="With a bot token: C0123456789."),
)
_MOST_BLOCKS = 50
_LONGEST_HEADER = 150
_LONGEST_SECTION = 3000
_MARK = {"critical": "●", "warning": "▲", "info": "○"}
# The thread is gone or closed: the message goes to the channel and begins a new one.
_NO_THREAD = (
    "cannot_reply_to_message",
    "invalid_thread_ts",
    "message_not_found",
    "restricted_action_thread_locked",
    "thread_not_found",
)
_RETRY = ("ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable")


def check(config: ChannelConfig) -> Iterator[str]:
    """What keeps this configuration from working."""
    if not config["url"] and not config["token"]:
        yield "Give an incoming webhook, or a bot token with a channel id."
    if config["token"] and not config["channel"]:
        yield "A bot token needs the id of the channel to write to."
    if config["url"] and not config["url"].startswith(("https://", "http://")):
        yield "An incoming webhook begins with https://."


def payload(message: Message, config: ChannelConfig) -> dict[str, Any]:
    """The message in Block Kit; what does not fit 50 blocks is counted in the last one."""
    blocks: list[dict[str, Any]] = [
        {
            "type": "header",
            "text": {"type": "plain_text", "text": one_line(message.title, _LONGEST_HEADER)},
        }
    ]
    room = (_MOST_BLOCKS - 2) // 2
    for item in message.items[:room]:
        blocks += [_section(item), _buttons(item)]
    left = len(message.items) - room
    if left > 0:
        blocks.append(_text(f"… and {left} more; the Alerts page lists all."))
    return {"text": _escape(one_line(message.title, 1000)), "blocks": blocks}


def _section(item: Item) -> dict[str, Any]:
    lines = [f"{_MARK.get(item.severity, '○')} *{_escape(one_line(item.headline, 500))}*"]
    lines += [f"*{what}:* {_escape(one_line(text, 1000))}" for what, text in item.facts]
    return _text("\n".join(lines))


def _text(text: str) -> dict[str, Any]:
    cut = text if len(text) <= _LONGEST_SECTION else text[: _LONGEST_SECTION - 1] + "…"
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut}}


def _buttons(item: Item) -> dict[str, Any]:
    def button(text: str, url: str) -> dict[str, Any]:
        return {"type": "button", "text": {"type": "plain_text", "text": text}, "url": url[:3000]}

    buttons = [button("Open the alert", item.link)]
    if item.event in ("trigger", "repeat", "escalate"):
        buttons.append(button("Acknowledge", f"{item.link}&do=acknowledge"))
    return {"type": "actions", "elements": buttons}


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def notify(
    message: Message, config: ChannelConfig, around: Surroundings, thread: str | None = None
) -> Receipt:
    """Send. Raises DeliveryError. With a bot token the receipt carries the thread."""
    made = payload(message, config)
    if config["token"]:
        loud = any(item.event in ("trigger", "escalate") for item in message.items)
        return _as_bot(made, config, around, thread, loud=loud)
    if not config["url"].startswith(around.slack_url.rstrip("/") + "/"):
        raise Permanent(f"The incoming webhook does not begin with {around.slack_url} (SLACK_URL).")
    body = json.dumps(made, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = http.post(config["url"], body, headers, around)
    http.judge(answer, "Slack", one_line(config.scrub(answer.body), 200))
    return Receipt("answered ok")


def _as_bot(
    made: dict[str, Any],
    config: ChannelConfig,
    around: Surroundings,
    thread: str | None,
    *,
    loud: bool,
) -> Receipt:
    """loud: what goes into a thread is shown in the channel too, where people see it."""
    call = made | {"channel": config["channel"]}
    if thread:
        call |= {"thread_ts": thread, "reply_broadcast": loud}
    answer = http.post(
        f"{around.slack_api_url.rstrip('/')}/chat.postMessage",
        json.dumps(call, ensure_ascii=False).encode(),
        {
            "Content-Type": "application/json; charset=utf-8",
            "Authorization": f"Bearer {config['token']}",
        },
        around,
    )
    http.judge(answer, "Slack", one_line(config.scrub(answer.body), 200))
    try:
        said = json.loads(answer.body)
    except ValueError:
        raise Temporary("Slack answered something that is not JSON.") from None
    if said.get("ok"):
        return Receipt("posted", thread or said.get("ts"))
    problem = one_line(config.scrub(str(said.get("error", "unknown_error"))), 100)
    if thread and problem in _NO_THREAD:
        return _as_bot(made, config, around, None, loud=loud)
    if problem in _RETRY:
        raise Throttled(f"Slack refused the message for now: {problem}.", answer.retry_after)
    raise Permanent(f"Slack refused the message: {problem}.")
