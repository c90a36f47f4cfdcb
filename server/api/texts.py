"""Text that may come in: what PostgreSQL cannot store is refused with a reason, not by a crash."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _storable(given: str) -> str:
    try:
        given.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("must be Unicode text") from None
    if "\x00" in given:
        raise ValueError("must not hold a NUL character")
    return given


Words = Annotated[str, StringConstraints(max_length=200), AfterValidator(_storable)]
Sentences = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_storable)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_storable)]
Password = Annotated[
    str, StringConstraints(min_length=12, max_length=256), AfterValidator(_storable)
]
