"""`manage.py rollups`: make the daily figures anew, as after a change of zone or currency."""

from __future__ import annotations

import typer

from data.ingest import rollups

app = typer.Typer(help="The daily figures that pages read.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep `rebuild` a subcommand."""


@app.command()
def rebuild() -> None:
    """Compute days, exchange rates and daily figures of all orders anew."""
    print(f"The daily figures of {rollups.rebuild():,} orders were made anew.")
