"""KPI tiles: a whole row as one light block of HTML, so that it costs one element a refresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import streamlit as st

from components import provenance, sparkline, status, units
from components.markup import escape, prose
from config.catalogue.shape import Direction, Status

_ABREAST = 6


@dataclass(frozen=True)
class Tile:
    """One figure and everything a reader needs to judge it.

    value: None or NaN shows "no data" with `reason` (why) and `step` (what would fix it).
    unit: see `components.units`; `percent` is 0–100, `share` is 0–1.
    previous, last_year: the same figure in the period before and a year earlier.
    target, warning, critical: bounds in the unit of the value; colour and symbol follow.
    spark: the figure over the period, oldest first, None for a gap.
    source, as_of, stale_after: where it is from, how old, and when that is too old (amber).
    link: where a click leads, such as "business?range=30d".
    note: a short remark under the figure, such as "3 lines without a cost".
    """

    title: str
    value: float | None
    unit: str = "count"
    previous: float | None = None
    last_year: float | None = None
    better: Direction = "higher"
    target: float | None = None
    warning: float | None = None
    critical: float | None = None
    spark: Sequence[float | None] = ()
    source: str = ""
    as_of: datetime | None = None
    stale_after: timedelta | None = None
    reason: str = ""
    step: str = ""
    link: str = ""
    note: str = ""

    @property
    def status(self) -> Status:
        """How the value stands against its bounds."""
        return status.judge(self.value, self.better, self.target, self.warning, self.critical)


def row(tiles: Sequence[Tile], now: datetime | None = None, label: str = "Key figures") -> None:
    """Tiles side by side, wrapping with the width; two abreast on a phone."""
    st.html(html(tiles, now or datetime.now(UTC), label))


def html(tiles: Sequence[Tile], now: datetime, label: str = "Key figures") -> str:
    """The row as accessible HTML."""
    inner = "".join(_tile(tile, now) for tile in tiles)
    rows = max(1, -(-len(tiles) // _ABREAST))
    across = max(1, -(-len(tiles) // rows))
    return (
        f'<div class="sx-tiles" style="--sx-n:{across}" role="list" '
        f'aria-label="{escape(label)}">{inner}</div>'
    )


def _tile(tile: Tile, now: datetime) -> str:
    body = _head(tile) + (_no_data(tile) if units.missing(tile.value) else _figure(tile))
    body += provenance.html(tile.source, tile.as_of, tile.stale_after, now)
    classes = f"sx-tile sx-{tile.status}"
    if tile.link:
        inner = f'<a class="{classes}" href="{escape(tile.link)}" target="_self">{body}</a>'
    else:
        inner = f'<div class="{classes}">{body}</div>'
    return f'<div role="listitem" class="sx-cell">{inner}</div>'


def _head(tile: Tile) -> str:
    title = f'<span class="sx-tile-title">{escape(tile.title)}</span>'
    return f'<div class="sx-tile-head">{title}{badge(tile.status)}</div>'


def badge(found: Status) -> str:
    """Colour and symbol, with the word for those who see neither."""
    if found not in status.SYMBOLS:
        return ""
    word, symbol = status.WORDS[found], status.SYMBOLS[found]
    return (
        f'<span class="sx-badge sx-{found}" role="img" aria-label="{word}" '
        f'title="{word}">{symbol}</span>'
    )


def _no_data(tile: Tile) -> str:
    reason = prose(tile.reason or "Nothing has been recorded for this period.")
    step = f'<div class="sx-step">{prose(tile.step)}</div>' if tile.step else ""
    return f'<div class="sx-none">No data</div><div class="sx-note">{reason}</div>{step}'


def _figure(tile: Tile) -> str:
    exact = escape(units.text(tile.value, tile.unit, compact=False))
    shown = escape(units.text(tile.value, tile.unit))
    parts = [f'<div class="sx-value" title="{exact}">{shown}</div>', _deltas(tile)]
    if bound := _bound(tile):
        parts.append(f'<div class="sx-note">{escape(bound)}</div>')
    if tile.note:
        parts.append(f'<div class="sx-note">{escape(tile.note)}</div>')
    if tile.spark:
        parts.append(sparkline.html(tile.spark))
    return "".join(parts)


def _bound(tile: Tile) -> str:
    """What the figure is held against, in words."""
    for word, bound in (("Target", tile.target), ("Limit", tile.warning)):
        if bound is not None:
            sign = "≤" if tile.better == "lower" else "≥"
            return f"{word} {sign} {units.text(bound, tile.unit)}"
    return ""


def _deltas(tile: Tile) -> str:
    shown = [
        _delta(before, tile, words)
        for before, words in ((tile.previous, "vs previous"), (tile.last_year, "vs last year"))
        if not units.missing(before)
    ]
    return f'<div class="sx-deltas">{"".join(shown)}</div>' if shown else ""


def _delta(before: float | None, tile: Tile, words: str) -> str:
    delta = units.change(tile.value, before, tile.unit)
    if delta is None:  # nothing can be divided by what was zero
        was = escape(f"was {units.text(before, tile.unit)}, {words}")
        return f'<span class="sx-delta sx-flat"><span class="sx-against">{was}</span></span>'
    figure = units.change_text(delta, tile.unit)
    return (
        f'<span class="sx-delta {tone(delta, tile.better)}"><b>{figure}</b> '
        f'<span class="sx-against">{words}</span></span>'
    )


def tone(delta: float | None, better: Direction) -> str:
    """Class of a change: good, bad or neither."""
    if not delta or better == "neutral":
        return "sx-flat"
    return "sx-up" if (delta > 0) == (better == "higher") else "sx-down"
