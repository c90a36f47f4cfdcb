"""Text into HTML and Markdown safely."""

from __future__ import annotations

import html
import re

_CODE = re.compile("`([^`\n]+)`")
_SIGNS = frozenset(r"\`*_{}[]<>()#+-.!|$:~&")


def escape(text: object) -> str:
    """`text` for HTML content and quoted attributes."""
    return html.escape(str(text), quote=True)


def prose(text: object) -> str:
    """The same for a sentence: what stands in backquotes is shown as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def plain(text: str) -> str:
    """Text as text, whatever Markdown would make of it."""
    return "".join(f"\\{letter}" if letter in _SIGNS else letter for letter in text)


def sentences(text: object) -> str:
    """The same for sentences to a reader: one a line, and backquotes show code."""
    lines = (
        "".join(
            f"`{part}`" if number % 2 else plain(part)
            for number, part in enumerate(_CODE.split(line.strip()))
        )
        for line in str(text).splitlines()
    )
    return "  \n".join(lines)
