"""Who acts."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in, or on whose behalf a token speaks."""

    id: int
    username: str
    name: str
    role: str
    session_id: int | None = None
    # Resources a token may touch; None for people, and for tokens without a limit of their own.
    scopes: frozenset[str] | None = None
    zone: str | None = field(default=None, compare=False)
    theme: str | None = field(default=None, compare=False)
    start_page: str | None = field(default=None, compare=False)
