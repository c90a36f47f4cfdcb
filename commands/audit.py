"""`manage.py audit`: read the trail and prove that it is whole."""

from __future__ import annotations

from typing import Annotated

import typer

from auth import audit
from commands import Refusal

app = typer.Typer(no_args_is_help=True, help="The audit trail.")


@app.command()
def verify(
    head: Annotated[
        bool, typer.Option("--head", help="Print only the seal of the last row, to keep elsewhere.")
    ] = False,
    expect: Annotated[str, typer.Option(help="A seal kept elsewhere, which must still hold.")] = "",
) -> None:
    """Check every row against the one before; names the first that is not as it was written.

    Who rewrites all later rows and the head as well is found only by a seal that is kept elsewhere.
    """
    if expect and not audit.is_seal(expect):
        raise Refusal(f"{expect!r} is no seal; give what `audit verify --head` printed.")
    # Before the check: what it vouches for was checked.
    found = audit.seal()
    if broken := audit.first_broken():
        raise Refusal(f"The audit trail is broken at row {broken[0]}: {broken[1]}.")
    if expect and not audit.holds(expect):
        row = expect.partition(":")[0]
        raise Refusal(f"The audit trail is not the one that was sealed at row {row}: "
                      "rows up to there were rewritten or removed.")  # fmt: skip
    print(found if head else f"The audit trail is whole: {audit.length()} rows.")


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
