"""What is told, whatever the channel: items that changed, grouped into one message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from alerts.backtest import spell_labels, spell_number

Event = Literal["trigger", "repeat", "escalate", "acknowledge", "resolve", "test"]
WORDS: dict[str, str] = {
    "trigger": "Firing",
    "repeat": "Still firing",
    "escalate": "Escalated",
    "acknowledge": "Acknowledged",
    "resolve": "Resolved",
    "test": "Test",
}


@dataclass(frozen=True)
class Item:
    """One alert's news."""

    event: Event
    rule: str
    severity: str
    dedup_key: str
    link: str
    since: datetime
    at: datetime
    labels: Mapping[str, str] = field(default_factory=dict)
    condition: str = ""
    value: float | None = None
    description: str = ""
    runbook: str | None = None
    who: str | None = None

    @property
    def headline(self) -> str:
        """`Firing: CPU high (line=1)`."""
        labels = spell_labels(self.labels.items())
        return f"{WORDS[self.event]}: {self.rule}" + (f" ({labels})" if labels else "")

    @property
    def facts(self) -> list[tuple[str, str]]:
        """(what, value) pairs in words, without those that are not known."""
        pairs = [
            ("Severity", self.severity),
            ("Condition", self.condition),
            ("Value", "no data" if self.value is None else spell_number(round(self.value, 6))),
            ("Since", self.since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")),
            (
                "Resolved" if self.event == "resolve" else "At",
                f"{self.at.astimezone(UTC):%F %T} UTC",
            ),
            ("By" if self.event == "acknowledge" else "With", self.who or ""),
            ("What", self.description),
            ("Runbook", self.runbook or ""),
        ]
        return [(what, text) for what, text in pairs if text]


@dataclass(frozen=True)
class Chart:
    """The alert's series around now: (instant, value) pairs and the threshold."""

    title: str
    samples: tuple[tuple[datetime, float], ...]
    threshold: float | None = None


@dataclass(frozen=True)
class Message:
    """What goes out as one e-mail, one Slack message, one webhook call."""

    company: str
    key: str
    items: tuple[Item, ...]
    digest: bool = False
    chart: Chart | None = None

    @property
    def title(self) -> str:
        """One line: the item's headline, or the counts of a group."""
        if len(self.items) == 1 and not self.digest:
            item = self.items[0]
            return f"[{item.severity}] {item.headline}"
        counts = Counter(WORDS[item.event].lower() for item in self.items)
        told = ", ".join(f"{count} {word}" for word, count in counts.items())
        rules = sorted({item.rule for item in self.items})
        about = rules[0] if len(rules) == 1 else f"{len(rules)} rules"
        return f"{'Held back: ' if self.digest else ''}{told}: {about}"

    @property
    def plain(self) -> str:
        """The whole message as text."""
        parts = []
        for item in self.items:
            lines = [item.headline, *(f"  {what}: {text}" for what, text in item.facts)]
            parts.append("\n".join([*lines, f"  Open: {item.link}"]))
        return "\n\n".join(parts) + f"\n\n{self.company}\n"


def one_line(text: str, limit: int) -> str:
    """`text` on one line, cut to `limit` characters with an ellipsis."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
