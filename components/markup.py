"""Text into HTML safely."""

from __future__ import annotations

import html


def escape(text: object) -> str:
    """`text` for HTML content and quoted attributes."""
    return html.escape(str(text), quote=True)
