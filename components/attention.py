"""What needs attention now: one line each, the worst first, each leading to where it is seen to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import streamlit as st

from components import units
from components.markup import escape

Tone = Literal["critical", "warning", "info"]
_SYMBOLS = {"critical": "✕", "warning": "▲", "info": "○"}
_WORDS = {"critical": "critical", "warning": "warning", "info": "note"}
_ORDER: tuple[Tone, ...] = ("critical", "warning", "info")


@dataclass(frozen=True)
class Item:
    """what: the thing; detail: how it stands; since: from when; owner: who has it."""

    tone: Tone
    what: str
    detail: str
    link: str = ""
    since: datetime | None = None
    owner: str = ""


def listed(items: Sequence[Item], now: datetime, nothing: str) -> None:
    """The list, or one calm sentence when there is nothing."""
    st.html(html(items, now, nothing))


def html(items: Sequence[Item], now: datetime, nothing: str) -> str:
    """The same as HTML."""
    if not items:
        return (
            '<div class="sx-calm"><span class="sx-badge sx-good" aria-hidden="true">✓</span>'
            f"<span>{escape(nothing)}</span></div>"
        )
    ranked = sorted(items, key=lambda item: _ORDER.index(item.tone))
    return f'<ul class="sx-items">{"".join(_line(item, now) for item in ranked)}</ul>'


def _line(item: Item, now: datetime) -> str:
    tail = "".join(
        f'<span class="sx-item-side">{escape(part)}</span>'
        for part in (
            f"since {units.age(now - item.since)}" if item.since else "",
            item.owner or "",
        )
        if part
    )
    inner = (
        f'<span class="sx-badge sx-{item.tone}" role="img" aria-label="{_WORDS[item.tone]}">'
        f"{_SYMBOLS[item.tone]}</span>"
        f'<span class="sx-item-what">{escape(item.what)}</span>'
        f'<span class="sx-item-detail">{escape(item.detail)}</span>{tail}'
    )
    if item.link:
        inner = f'<a class="sx-item sx-link" href="{escape(item.link)}" target="_self">{inner}</a>'
    else:
        inner = f'<div class="sx-item">{inner}</div>'
    return f"<li>{inner}</li>"
