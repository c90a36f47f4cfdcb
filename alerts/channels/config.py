"""A channel's configuration and what the world around it looks like."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Field:
    """One thing to fill in."""

    name: str
    label: str
    secret: bool = False
    required: bool = True
    default: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChannelConfig:
    """A named channel ready to use; its secrets are in no representation of it."""

    name: str
    kind: str
    fields: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> str:
        """The field's value, empty when it is not filled in."""
        return self.secrets.get(name) or self.fields.get(name, "")

    def scrub(self, text: str) -> str:
        """`text` without any secret of this channel, nor the telling parts of secret addresses."""
        parts = {part for secret in self.secrets.values() for part in _telling(secret)}
        for part in sorted(parts, key=len, reverse=True):
            text = text.replace(part, "•••")
        return text


def _telling(secret: str) -> list[str]:
    """The secret itself; of an address also each part of its path and query that could be a key."""
    inside = secret.partition("://")[2].partition("/")[2]
    parts = [part for part in re.split(r"[/?&=#]", inside) if len(part) >= 8]
    return [part for part in (secret, *parts) if part]


@dataclass(frozen=True)
class Surroundings:
    """Addresses and limits that settings decide."""

    slack_url: str = "https://hooks.slack.com"
    slack_api_url: str = "https://slack.com/api"
    pagerduty_url: str = "https://events.pagerduty.com"
    allow_private: bool = False
    timeout: float = 10.0
    trust: ssl.SSLContext | None = None


@dataclass(frozen=True)
class Receipt:
    """What came of a delivery: a word for the history, a thread for the next update."""

    detail: str
    thread: str | None = None
