"""A signed call to any HTTPS address: JSON, and an HMAC that proves who sent it."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from alerts.channels import http
from alerts.channels.config import ChannelConfig, Field, Receipt, Surroundings
from alerts.channels.message import Message, one_line

FIELDS: tuple[Field, ...] = (
    Field("url", "Address", secret=True, help="https://… that takes a POST of JSON."),
    Field("key", "Signing key", secret=True, required=False, help="Shared with the receiver."),
)


def check(config: ChannelConfig) -> Iterator[str]:
    """What keeps this configuration from working."""
    if not config["url"].startswith(("https://", "http://")):
        yield "The address must begin with https://."


def payload(message: Message, config: ChannelConfig) -> dict[str, Any]:
    """The JSON that is sent."""
    alerts = []
    for item in message.items:
        entry = asdict(item) | {"labels": dict(item.labels)}
        if item.value is not None and not math.isfinite(item.value):
            entry["value"] = str(item.value)  # JSON has no infinities
        entry |= {key: getattr(item, key).astimezone(UTC).isoformat() for key in ("since", "at")}
        alerts.append(entry)
    return {
        "id": message.key,
        "company": message.company,
        "title": message.title,
        "digest": message.digest,
        "alerts": alerts,
    }


def signature(key: str, stamp: str, body: bytes) -> str:
    """`sha256=` and the hex HMAC-SHA256 of `stamp.body` under `key`."""
    digest = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


def notify(
    message: Message, config: ChannelConfig, around: Surroundings, thread: str | None = None
) -> Receipt:
    """Send. Raises DeliveryError."""
    body = json.dumps(payload(message, config), ensure_ascii=False, allow_nan=False).encode()
    stamp = str(int(datetime.now(UTC).timestamp()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Sentia-Id": message.key,
        "X-Sentia-Timestamp": stamp,
    }
    if config["key"]:
        headers["X-Sentia-Signature"] = signature(config["key"], stamp, body)
    answer = http.post(config["url"], body, headers, around)
    http.judge(answer, "The webhook", one_line(config.scrub(answer.body), 200))
    return Receipt(f"answered {answer.status}")
