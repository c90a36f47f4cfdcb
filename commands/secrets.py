"""`manage.py secrets`: rotate the key that stored credentials are encrypted under."""

from __future__ import annotations

import typer

from commands import Refusal
from data import secrets

app = typer.Typer(help="The key that stored credentials are encrypted under.")


@app.callback()
def group() -> None:
    """Keep `rotate` a subcommand."""


@app.command()
def rotate() -> None:
    """Re-encrypt every stored credential under a new key."""
    try:
        count = secrets.rotate()
    except (secrets.SecretUnreadable, secrets.KeyRefused) as refusal:
        raise Refusal(str(refusal)) from None
    print(f"{count} stored credentials are now encrypted under the newest key.")
