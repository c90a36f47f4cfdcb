"""What stands where there is nothing to show: why, and the next step."""

from __future__ import annotations

import streamlit as st

from components.markup import escape, prose


def state(title: str, step: str = "", link: str = "", link_text: str = "") -> None:
    """A calm block: what is missing, what to do, and a link that does it."""
    st.html(html(title, step, link, link_text))


def bare(title: str, step: str) -> None:
    """The same without its frame, for a container that brings one and holds buttons too."""
    st.html(
        f'<div class="sx-bare" role="status"><div class="sx-empty-title">{prose(title)}</div>'
        f'<div class="sx-empty-step">{prose(step)}</div></div>'
    )


def html(title: str, step: str = "", link: str = "", link_text: str = "") -> str:
    """The same block as HTML."""
    action = (
        f'<a class="sx-action" href="{escape(link)}" target="_self">'
        f"{escape(link_text or 'Open')}</a>"
        if link
        else ""
    )
    return (
        f'<div class="sx-empty" role="status"><div class="sx-empty-title">{prose(title)}</div>'
        f'<div class="sx-empty-step">{prose(step)}</div>{action}</div>'
    )
