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


_FEW, _NAMED = 3, 5


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


def plain(items: Sequence[Item], now: datetime) -> None:
    """The items as they come, none folded away."""
    st.html(_list(items, now))


def html(items: Sequence[Item], now: datetime, nothing: str) -> str:
    """The same as HTML."""
    if not items:
        return (
            '<div class="sx-calm"><span class="sx-badge sx-good" aria-hidden="true">✓</span>'
            f"<span>{escape(nothing)}</span></div>"
        )
    ranked = sorted(items, key=lambda item: _ORDER.index(item.tone))
    urgent = [item for item in ranked if item.tone != "info"]
    return _list(urgent, now) + _folded(ranked[len(urgent) :], now)


def _list(items: Sequence[Item], now: datetime) -> str:
    lines = "".join(_line(item, now) for item in items)
    return f'<ul class="sx-items">{lines}</ul>' if lines else ""


def _folded(items: Sequence[Item], now: datetime) -> str:
    """What can wait, behind one line when there is much of it."""
    if len(items) <= _FEW:
        return _list(items, now)
    names = ", ".join(escape(item.what) for item in items[:_NAMED])
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return (
        f'<details class="sx-folded"><summary>{len(items)} figures are off target, within their '
        f"bounds: {names}{more}</summary>{_list(items, now)}</details>"
    )


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
