"""`manage.py audit`: read the trail and prove that it is whole."""

from __future__ import annotations

from typing import Annotated

import typer

from auth import audit
from commands import Refusal

app = typer.Typer(no_args_is_help=True, help="The audit trail.")


@app.command()
def verify() -> None:
    """Check every row against the one before; names the first that is not as it was written."""
    broken = audit.first_broken()
    if broken is not None:
        raise Refusal(f"The audit trail is broken at row {broken[0]}: {broken[1]}.")
    print(f"The audit trail is whole: {audit.length()} rows.")


@app.command("list")
def list_rows(
    action: Annotated[str, typer.Option(help="Beginning of the action, such as user.")] = "",
    actor: Annotated[str, typer.Option(help="Who did it.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many rows.")] = 50,
) -> None:
    """Show the newest rows."""
    for row in audit.recent(action=action, actor=actor, limit=limit):
        print(
            f"{row['id']}  {row['at']:%Y-%m-%d %H:%M:%S}  {row['actor']}  {row['address'] or '-'}"
            f"  {row['action']}  {row['object'] or '-'}  {row['outcome']}"
        )
