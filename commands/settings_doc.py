"""`manage.py settings-doc`: writes docs/settings.md from the table of settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from pydantic.fields import FieldInfo

from config.settings import Settings

app = typer.Typer(help="Write docs/settings.md.")
PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
_INTRODUCTION = """# Settings

Set them in the environment or in a file `.env` beside `app.py`. All are optional; what is missing
takes the default. A value that cannot be used stops the start with the variable's name.

| variable | default | what it does |
|---|---|---|
"""


def text() -> str:
    """The page: one row a setting, in the order of the table in config/settings.py."""
    fields = Settings.model_fields
    own_first = sorted(fields, key=lambda name: name not in Settings.__annotations__)
    rows = [
        f"| `{name.upper()}` | {_default(fields[name])} | {fields[name].description} |"
        for name in own_first
    ]
    return _INTRODUCTION + "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    return "–" if value in (None, "", ()) else f"`{value}`"


@app.callback(invoke_without_command=True)
def write() -> None:
    """Write the page."""
    PAGE.write_text(text())
