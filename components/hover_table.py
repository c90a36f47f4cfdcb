"""A table whose cells explain themselves: the formula with its inputs on hover, focus or tap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from components.markup import escape


class Cell(NamedTuple):
    """What a cell shows, how it was made, and whether it is a figure; `link` where it leads."""

    text: str
    explained: str = ""
    number: bool = False
    link: str = ""


def table(headings: Sequence[Cell], rows: Sequence[Sequence[Cell]], label: str) -> None:
    """The table as one light block of HTML that scrolls sideways on a phone."""
    st.html(html(headings, rows, label))


def html(headings: Sequence[Cell], rows: Sequence[Sequence[Cell]], label: str) -> str:
    """The same as HTML."""
    head = "".join(f'<th scope="col"{_attributes(cell)}>{_inner(cell)}</th>' for cell in headings)
    body = "".join(
        "<tr>" + "".join(f"<td{_attributes(cell)}>{_inner(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return (
        f"<style>{_STYLE}</style>"
        f'<div class="sx-hover-wrap" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<table class="sx-hover"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _attributes(cell: Cell) -> str:
    kind = "sx-number" if cell.number else "sx-words" if len(cell.text) > _WORDS else ""
    named = f' class="{kind}"' if kind else ""
    return named + (f' title="{escape(cell.explained)}"' if cell.explained else "")


def _inner(cell: Cell) -> str:
    words = escape(cell.text)
    if cell.link:
        return f'<a href="{escape(cell.link)}" target="_self">{words}</a>'
    if cell.explained:
        return f'<span class="sx-explained" tabindex="0">{words}</span>'
    return words


# Text longer than this breaks into lines; what is shorter stays on one.
_WORDS = 40
_STYLE = """
.sx-hover-wrap { overflow-x: auto; }
.sx-hover { border-collapse: collapse; width: 100%; font-size: 0.86rem;
  font-variant-numeric: tabular-nums; }
.sx-hover th, .sx-hover td { padding: 6px 10px; text-align: left; white-space: nowrap;
  border-bottom: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
.sx-hover th { font-weight: 600; opacity: 0.75; }
.sx-hover td.sx-words { white-space: normal; min-width: 13rem; }
.sx-hover .sx-number { text-align: right; }
.sx-hover a { color: inherit; font-weight: 500; text-underline-offset: 3px;
  text-decoration-color: color-mix(in srgb, currentColor 35%, transparent); }
.sx-hover a:hover { text-decoration-color: currentColor; }
.sx-explained { text-decoration: underline dotted
  color-mix(in srgb, currentColor 45%, transparent); text-underline-offset: 3px; cursor: help; }
"""
