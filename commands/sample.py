"""`manage.py sample`: a sample company to look around in, and its removal."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from commands import Refusal
from data import sample
from data.ingest.rollups import StaleRollups
from data.sample.load import SampleThere
from data.sample.load import load as load_sample
from data.sample.remove import remove as remove_sample

app = typer.Typer(help="A sample company: three years of orders, books, stock and production.")
_LEAST = 1_000
_MOST = 20_000_000


@app.command()
def load(
    orders: Annotated[int, typer.Option(help="How many order lines.")] = sample.DEFAULT_LINES,
) -> None:
    """Load the sample company; every page that shows it says so."""
    if not _LEAST <= orders <= _MOST:
        raise Refusal(f"--orders {orders} is not between {_LEAST:,} and {_MOST:,}.")
    done = 0

    def progress(lines: int) -> None:
        nonlocal done
        done += lines
        if sys.stderr.isatty():
            print(f"\r{done:,} of {orders:,} order lines", end="", file=sys.stderr)

    try:
        loaded = load_sample(orders, progress=progress)
    except (SampleThere, StaleRollups) as refusal:
        raise Refusal(str(refusal)) from None
    print(
        f"The sample company is loaded: {loaded.lines:,} order lines in {loaded.seconds:.1f} s; "
        "`python manage.py sample remove` takes it out."
    )


@app.command()
def remove() -> None:
    """Take the sample company out; nothing else is touched."""
    if remove_sample():
        print("The sample company is gone.")
    else:
        print("There is no sample data.")
