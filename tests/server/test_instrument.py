"""What passes through the process is counted once, by its route and its end."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from server.instrument import REGISTRY, Instrument
from tests.server.processes import run


async def fine(_: Request) -> PlainTextResponse:
    return PlainTextResponse("fine")


async def broken(_: Request) -> PlainTextResponse:
    raise RuntimeError("broken")


APP = Starlette(
    routes=[
        Route("/item/{id}", fine),
        Route("/broken", broken),
        Mount("/inner", Starlette(routes=[Route("/deep/{id}", fine)])),
    ]
)


def visit(path: str) -> None:
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"",
             "root_path": "", "scheme": "http", "server": ("x", 1), "client": ("y", 1)}  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Any) -> None: ...

    run(Instrument(APP)(scope, receive, send))


def counted(route: str, status: str) -> float:
    labels = {"method": "GET", "route": route, "status": status}
    return REGISTRY.get_sample_value("http_requests_total", labels) or 0.0


def test_a_request_is_counted_under_its_routes_pattern() -> None:
    before = counted("/item/{id}", "200")
    visit("/item/7")
    visit("/item/8")
    assert counted("/item/{id}", "200") - before == 2


def test_a_route_inside_a_mount_keeps_the_whole_pattern() -> None:
    before = counted("/inner/deep/{id}", "200")
    visit("/inner/deep/1")
    assert counted("/inner/deep/{id}", "200") - before == 1


def test_what_breaks_counts_as_500_and_what_is_not_there_as_unmatched() -> None:
    before = counted("/broken", "500")
    with pytest.raises(RuntimeError):
        visit("/broken")
    assert counted("/broken", "500") - before == 1
    visit("/nowhere")
    assert counted("unmatched", "404") >= 1
