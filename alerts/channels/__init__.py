"""The ways of telling people: each kind is `FIELDS`, `check`, a pure `payload` and `notify`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from alerts.channels import mail, pagerduty, slack, webhook
from alerts.channels.config import ChannelConfig, Field, Receipt, Surroundings
from alerts.channels.message import Message


class Kind(Protocol):
    """What a channel's module offers."""

    FIELDS: tuple[Field, ...]

    def check(self, config: ChannelConfig) -> Iterator[str]:
        """Sentences about what keeps the configuration from working."""

    def payload(self, message: Message, config: ChannelConfig) -> Any:
        """What is sent, as plain data; pure."""

    def notify(
        self,
        message: Message,
        config: ChannelConfig,
        around: Surroundings,
        thread: str | None = None,
    ) -> Receipt:
        """Send it. Raises DeliveryError."""


KINDS: Mapping[str, Kind] = {
    "email": mail,
    "slack": slack,
    "pagerduty": pagerduty,
    "webhook": webhook,
}
TITLES = {
    "email": "E-mail",
    "slack": "Slack",
    "pagerduty": "PagerDuty",
    "webhook": "Webhook",
}


def problems(config: ChannelConfig) -> list[str]:
    """Why this configuration cannot work, one sentence each."""
    kind = KINDS.get(config.kind)
    if kind is None:
        return [f'"{config.kind}" is not a kind of channel.']
    missing = [
        f"{field.label} is missing."
        for field in kind.FIELDS
        if field.required and not config[field.name]
    ]
    return missing or list(kind.check(config))


def send(
    message: Message, config: ChannelConfig, around: Surroundings, thread: str | None = None
) -> Receipt:
    """Tell through the channel. Raises DeliveryError, whose text holds none of its secrets."""
    return KINDS[config.kind].notify(message, config, around, thread)
