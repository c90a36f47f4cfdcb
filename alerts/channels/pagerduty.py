"""PagerDuty Events API v2: trigger, acknowledge and resolve under one dedup key an alert."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from alerts.channels import http
from alerts.channels.config import ChannelConfig, Field, Receipt, Surroundings
from alerts.channels.errors import Permanent
from alerts.channels.message import Item, Message, one_line

FIELDS: tuple[Field, ...] = (
    Field("routing_key", "Integration key", secret=True, help="32 characters, from the service."),
)
_ACTION = {"acknowledge": "acknowledge", "resolve": "resolve"}
_LONGEST_SUMMARY = 1024
_LONGEST_KEY = 255
_LONGEST_DETAIL = 4000


def check(config: ChannelConfig) -> Iterator[str]:
    """What keeps this configuration from working."""
    if len(config["routing_key"]) != 32 or not config["routing_key"].isalnum():
        yield "An integration key has 32 letters and digits."


def payload(message: Message, config: ChannelConfig) -> list[dict[str, Any]]:
    """One event an alert, in order."""
    return [_event(item, message.company, config["routing_key"]) for item in message.items]


def _event(item: Item, company: str, key: str) -> dict[str, Any]:
    action = _ACTION.get(item.event, "trigger")
    event: dict[str, Any] = {
        "routing_key": key,
        "event_action": action,
        "dedup_key": item.dedup_key[:_LONGEST_KEY],
    }
    if action != "trigger":
        return event
    severity = item.severity if item.severity in ("critical", "warning", "info") else "error"
    details = {what: one_line(text, _LONGEST_DETAIL) for what, text in item.facts}
    return event | {
        "client": company,
        "client_url": item.link,
        "links": [{"href": item.link, "text": "Open the alert"}],
        "payload": {
            "summary": one_line(item.headline, _LONGEST_SUMMARY),
            "source": one_line(company, 255),
            "severity": severity,
            "timestamp": item.since.astimezone(UTC).isoformat(),
            "group": one_line(item.rule, 255),
            "custom_details": details | {"labels": dict(item.labels)},
        },
    }


def notify(
    message: Message, config: ChannelConfig, around: Surroundings, thread: str | None = None
) -> Receipt:
    """Send each event. Raises DeliveryError; events sent before it do no harm when repeated."""
    for event in payload(message, config):
        body = json.dumps(event, ensure_ascii=False).encode()
        answer = http.post(
            f"{around.pagerduty_url.rstrip('/')}/v2/enqueue",
            body,
            {"Content-Type": "application/json"},
            around,
        )
        said = one_line(config.scrub(answer.body), 200)
        http.judge(answer, "PagerDuty", said)
        if answer.status != 202:
            raise Permanent(f"PagerDuty answered {answer.status} where it should accept with 202.")
    return Receipt("accepted")
