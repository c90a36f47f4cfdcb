"""All pages, in the order of the navigation within their section; one line each."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

import structlog

from pages import Page

_MODULES = (
    "overview",
    "business",
    "finance",
    "inventory",
    "production",
    "targets",
    "kpi_story",
    "imports",
    "performance",
    "alerts",
    "integrations",
    "account",
    "users",
)


@lru_cache
def pages() -> tuple[Page, ...]:
    """Every page that can be shown; one that cannot be imported is logged and left out."""
    found = []
    for name in _MODULES:
        try:
            found.append(import_module(f"pages.{name}").PAGE)
        except Exception as error:  # one broken page must not take the others with it
            structlog.get_logger().error("a page cannot be imported", page=name, exc_info=error)
    return tuple(found)
