"""The schema and a page to read it by; both need no script from anywhere."""

from __future__ import annotations

from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from auth.person import Person
from server.api.access import ERRORS, allowed

router = APIRouter(include_in_schema=False, responses=ERRORS)
Admin = Annotated[Person, Depends(allowed("settings"))]


@router.get("/openapi.json")
def openapi(_: Admin, request: Request) -> Response:
    """The OpenAPI document."""
    return JSONResponse(request.app.state.openapi())


@router.get("/docs")
def docs(_: Admin, request: Request) -> Response:
    """The same as a page."""
    return HTMLResponse(page(request.app.state.openapi()))


def page(schema: dict[str, Any]) -> str:
    """One section an operation, with its parameters and answers."""
    title = escape(f"{schema['info']['title']} API {schema['info']['version']}")
    sections = "".join(
        _operation(method, path, operation)
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style><body><main><h1>{title}</h1>"
        "<p>Send a token made under Your account as <code>Authorization: Bearer …</code>. "
        'The machine-readable form is <a href="openapi.json">openapi.json</a>.</p>'
        f"{sections}</main></body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        _row(p["name"], p["in"] + (", required" if p.get("required") else ""),
             p.get("description", ""))
        for p in operation.get("parameters", ())
    )  # fmt: skip
    answers = "".join(
        _row(status, "", answer["description"]) for status, answer in operation["responses"].items()
    )
    about = escape(operation.get("description", ""))
    return (
        f"<section><h2><code>{method.upper()} /api{escape(path)}</code></h2>"
        f"<p>{escape(operation['summary'])}. {about}</p>"
        + (f"<h3>Parameters</h3><table>{rows}</table>" if rows else "")
        + f"<h3>Answers</h3><table>{answers}</table></section>"
    )


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1c2430;background:#fff}"
    "main{max-width:56rem;margin:2rem auto;padding:0 1rem}section{border-top:1px solid #d5dbe3}"
    "td{padding:.15rem 1rem .15rem 0;vertical-align:top}h3{margin:.5rem 0}"
    "@media(prefers-color-scheme:dark){body{color:#e6eaf0;background:#10151c}a{color:#8ab4ff}"
    "section{border-color:#323b47}}"
)
