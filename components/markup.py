"""Text into HTML safely."""

from __future__ import annotations

import html
import re

_CODE = re.compile("`([^`]+)`")


def escape(text: object) -> str:
    """`text` for HTML content and quoted attributes."""
    return html.escape(str(text), quote=True)


def prose(text: object) -> str:
    """The same for a sentence: what stands in backquotes is shown as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))
