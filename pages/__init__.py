"""One file a page: a frozen description and `render()`; nothing happens at import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# Headings of the navigation, in the order they are shown.
SECTIONS = ("Today", "Business", "Factory", "System", "Administration")


@dataclass(frozen=True)
class Page:
    """What the navigation and the permission check need to know about a page."""

    slug: str  # its address: /<slug>
    title: str
    icon: str  # ":material/name:"
    section: str  # one of SECTIONS; "" keeps it out of the menu
    resource: str | None  # what `action` is asked on; None: every signed-in person
    render: Callable[[], None]
    action: str = "read"
