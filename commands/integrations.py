"""`manage.py integrations`: see, test, synchronise, load again, start a stream from the start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import typer

from commands import Refusal
from data.integrations import connections, probe, runs, sync
from data.integrations import status as standing

T = TypeVar("T")
app = typer.Typer(help="The vendors whose data arrives by itself.", no_args_is_help=True)


@app.command()
def status() -> None:
    """How every connection stands."""
    for each in standing.standings():
        age = "never" if each.last_sync is None else _when(each.last_sync)
        name, state = each.connection.name, each.state
        print(f"{name:<20} {state:<15} synchronised: {age}, {each.rows_today} rows today")
        if each.error:
            print(f"{'':<20} {each.error}")


@app.command()
def test(name: str) -> None:
    """Call the vendor now, reading only."""
    answer = _known(name, probe.test)
    if not answer["healthy"]:
        raise Refusal(answer["message"])
    print(f"{answer['message']} ({answer['response_ms']:.0f} ms)")


@app.command(name="sync")
def synchronise(name: str) -> None:
    """Synchronise now, in this process."""
    _said(name, _known(name, sync.sync))


@app.command()
def backfill(name: str) -> None:
    """Load everything again from the start; stored rows are brought up to date, not doubled."""
    _said(name, _known(name, sync.backfill))


@app.command()
def reset_cursor(name: str, stream: str = typer.Option("", help="Only this stream.")) -> None:
    """Let the next synchronisation begin at the start."""
    connection = _known(name, connections.named)
    count = runs.reset(connection.name, stream or None)
    streams = "1 stream" if count == 1 else f"{count} streams"
    print(f"{name}: the next synchronisation begins {streams} at the start.")


def _known(name: str, act: Callable[[str], T]) -> T:
    try:
        return act(name)
    except connections.Unknown as error:
        raise Refusal(str(error)) from None


def _said(name: str, outcome: sync.Outcome) -> None:
    if outcome.state != "done":
        raise Refusal(outcome.error or f"{name} could not be synchronised.")
    records = "1 record" if outcome.rows == 1 else f"{outcome.rows:,} records"
    print(f"{records} of {name} read.")


def _when(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
