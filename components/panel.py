"""A titled part of a page that fails alone: its error is one sentence, the page stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
import structlog

from auth.roles import PermissionDenied
from components import empty
from components.markup import escape
from data.database import DatabaseUnavailable

_log = structlog.get_logger()


@contextmanager
def panel(title: str, note: str = "", key: str | None = None) -> Iterator[None]:
    """A bordered section. An exception inside is logged and shown as one sentence.

    `note` says unit, formula or scope beside the title.
    """
    with st.container(border=True, key=key):
        if title:
            st.html(heading(title, note))
        with part(title):
            yield


@contextmanager
def part(title: str) -> Iterator[None]:
    """A part of a page without a frame that fails alone in the same way."""
    try:
        yield
    except (DatabaseUnavailable, PermissionDenied) as error:
        empty.state(str(error))
    except Exception as error:  # one panel failing must never blank the page
        _log.error("a panel failed", panel=title, exc_info=error)
        empty.state(
            f"“{title}” cannot be shown.",
            "Reload the page; if it stays, an admin finds the cause in the log.",
        )


def heading(title: str, note: str = "") -> str:
    """Title and note of a panel as HTML."""
    beside = f'<span class="sx-panel-note">{escape(note)}</span>' if note else ""
    return (
        f'<div class="sx-panel-head"><h3 class="sx-panel-title">{escape(title)}</h3>{beside}</div>'
    )
