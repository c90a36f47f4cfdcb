"""The product's mark and the company's name, wherever they are shown."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote

from components.markup import escape

_MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#0b6a72"/>'
    '<path d="M6 25V14.5l6.5 4.2v-4.2l6.5 4.2V7h7v18z" fill="#fff"/>'
    '<path d="M10 21.5h3M16 21.5h3M22 21.5h1" stroke="#0b6a72" stroke-width="2"/></svg>'
)


def icon() -> str:
    """The mark as SVG, which Streamlit puts into the browser's tab without a request."""
    return _MARK


@lru_cache
def head(company: str) -> str:
    """Mark and name above the sign-in form, as HTML."""
    return (
        f'<div class="sx-brand"><img class="sx-mark" alt="" src="{_picture()}">'
        f'<h1 class="sx-company">{escape(company)}</h1>'
        '<p class="sx-brand-note">Business, factory and systems at a glance</p></div>'
    )


def rule(company: str) -> str:
    """Style that writes the company's name above the navigation."""
    picture = f"url('{_picture()}')"
    return (
        f'[data-testid="stSidebarHeader"]::before{{content:"{_css(company)}";'
        f"background:{picture} 0 50% / 22px no-repeat;padding-left:32px;font-weight:600;"
        "font-size:1rem;letter-spacing:-.01em;line-height:28px;overflow:hidden;"
        "text-overflow:ellipsis;white-space:nowrap;flex:1;min-width:0}"
    )


def _picture() -> str:
    return f"data:image/svg+xml,{quote(_MARK)}"


def _css(text: str) -> str:
    """Text inside a quoted CSS string: all but plain letters as code points."""
    return "".join(
        letter if letter.isalnum() or letter == " " else f"\\{ord(letter):06x}" for letter in text
    )
