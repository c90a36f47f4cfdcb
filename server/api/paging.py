"""Pages of a long list: a cursor that means nothing to whoever carries it."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Generic, TypeVar

from fastapi import HTTPException, Query
from pydantic import BaseModel

Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=500, description="Most items in one answer.")]
Cursor = Annotated[
    str | None, Query(max_length=64, description="`next` of the answer before; empty: the start.")
]


class Listed(BaseModel, Generic[Item]):
    """One page of a list; `next` is null on the last one."""

    items: list[Item]
    next: str | None = None


def after(cursor: str | None) -> int | None:
    """The id that a cursor stands for. Raises 422 for one that was never given out."""
    if not cursor:
        return None
    try:
        made = base64.urlsafe_b64decode(cursor.encode("ascii") + b"==").decode("ascii")
        if not made.startswith("id:"):
            raise ValueError(made)
        number = int(made[3:])
    except (ValueError, binascii.Error):
        raise HTTPException(422, "cursor: take it from `next` of the answer before.") from None
    return min(number, 2**62)


def cursor(identity: int) -> str:
    """The cursor after the item of that id."""
    return base64.urlsafe_b64encode(f"id:{identity}".encode()).decode().rstrip("=")
