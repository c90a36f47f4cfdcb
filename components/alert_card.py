"""An alert as one compact block: what, since when, value against threshold, who has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from components import units
from components.markup import escape

_WIDTH, _HEIGHT = 180, 40
_SYMBOLS = {"critical": "✕", "warning": "▲", "info": "○"}
_TONES = {"critical": "sx-critical", "warning": "sx-warning", "info": "sx-off_target"}
_STYLE = (
    "display:flex;gap:.75rem;align-items:center;flex-wrap:wrap;padding:.55rem .25rem;"
    "border-bottom:1px solid var(--sx-line)"
)


@dataclass(frozen=True)
class Card:
    """Everything a reader needs to see whose turn it is; without a unit there is no figure."""

    title: str
    labels: str
    severity: str
    since: datetime
    condition: str
    value: float | None
    unit: str
    link: str
    who: str
    quiet: str = ""
    spark: Sequence[float] = ()
    threshold: float | None = None


def html(card: Card, now: datetime) -> str:
    """The block, its title a link to the alert."""
    badge = (
        f'<span class="sx-badge {_TONES.get(card.severity, "")}" role="img" '
        f'aria-label="{escape(card.severity)}" title="{escape(card.severity)}">'
        f"{_SYMBOLS.get(card.severity, '○')}</span>"
    )
    title = (
        f'<a href="{escape(card.link)}" target="_self" style="color:var(--sx-accent)">'
        f"<b>{escape(card.title)}</b></a>"
    )
    labels = f' <span class="sx-note">{escape(card.labels)}</span>' if card.labels else ""
    facts = f"{card.condition} · since {units.age(now - card.since)}"
    if card.unit:
        value = "no data" if card.value is None else units.text(card.value, card.unit)
        facts = f"{value} · {facts}"
    holder = card.quiet or card.who or "nobody has it yet"
    return (
        f'<div style="{_STYLE}" role="listitem">{badge}<div style="flex:1 1 16rem;min-width:0">'
        f'<div>{title}{labels}</div><div class="sx-note">{escape(facts)}</div></div>'
        f"{spark(card.spark, card.threshold)}"
        f'<div class="sx-note" style="flex:0 1 11rem">{escape(holder)}</div></div>'
    )


def spark(values: Sequence[float], threshold: float | None) -> str:
    """A small line, oldest left, with the threshold dashed; nothing for fewer than two figures."""
    if len(values) < 2:
        return ""
    scale = [*values] if threshold is None else [*values, threshold]
    low, high = min(scale), max(scale)
    span = (high - low) or 1.0

    def y(value: float) -> float:
        return round(_HEIGHT - 3 - (value - low) / span * (_HEIGHT - 6), 1)

    step = _WIDTH / (len(values) - 1)
    points = " ".join(f"{round(i * step, 1)},{y(value)}" for i, value in enumerate(values))
    limit = (
        ""
        if threshold is None
        else f'<line x1="0" x2="{_WIDTH}" y1="{y(threshold)}" y2="{y(threshold)}" '
        'stroke="#d0434c" stroke-width="1.2" stroke-dasharray="4 3"/>'
    )
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}"><polyline points="{points}" fill="none" '
        f'stroke="#2b8f96" stroke-width="1.6"/>{limit}</svg>'
    )
    return (
        f'<img src="data:image/svg+xml,{quote(drawing)}" width="{_WIDTH}" height="{_HEIGHT}" '
        'alt="The last hour with the threshold" style="flex:none">'
    )
