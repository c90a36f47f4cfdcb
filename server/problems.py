"""Errors over HTTP, all in one shape: RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse


class Problem(JSONResponse):
    """An error answer."""

    media_type = "application/problem+json"


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Problem:
    """An answer with that status; `detail` is one sentence: what happened, what to do."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    return Problem(body | {"detail": detail} | more, status, headers=dict(headers or {}))
