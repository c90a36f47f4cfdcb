"""`manage.py import`: takes a CSV file into the database, whole or not at all."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from commands import Refusal
from data.ingest.datasets import MODULES, dataset
from data.ingest.report import ImportRefused, Report, write_errors
from data.ingest.rollups import StaleRollups

app = typer.Typer(help="Import files.", context_settings={"allow_interspersed_args": True})
_SHOWN = 20


@app.callback(invoke_without_command=True, no_args_is_help=True)
def take(
    name: Annotated[str, typer.Argument(metavar="DATASET", help=", ".join(MODULES))],
    file: Annotated[Path, typer.Argument(help="A CSV file in UTF-8 with a header.")],
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="field=column, for other headers.")
    ] = None,
    skip_bad: Annotated[bool, typer.Option(help="Take the good rows, leave the bad out.")] = False,
    errors: Annotated[
        Path | None, typer.Option(help="Write the bad rows to this CSV file.")
    ] = None,
) -> None:
    """Import FILE in one transaction; importing it again changes nothing."""
    try:
        chosen = dict(_pair(text) for text in mapping or [])
        report = dataset(name).take(file, chosen, skip_bad)
    except ImportRefused as refusal:
        if refusal.report is not None:
            _tell_errors(refusal.report, errors)
        raise Refusal(str(refusal)) from None
    except StaleRollups as refusal:
        raise Refusal(str(refusal)) from None
    _tell_errors(report, errors)
    for note in report.notes:
        print(note, file=sys.stderr)
    if report.ignored_columns:
        print(f"Columns not used: {', '.join(report.ignored_columns)}.", file=sys.stderr)
    print(report.sentence())


def _pair(text: str) -> tuple[str, str]:
    field, equals, column = text.partition("=")
    if not equals or not field or not column:
        raise Refusal(f'--map "{text}" is not field=column; write --map order_id=Number.')
    return field, column


def _tell_errors(report: Report, target: Path | None) -> None:
    """The first bad rows on stderr, all that are kept in the file."""
    for error in report.errors[:_SHOWN]:
        print(error, file=sys.stderr)
    if report.error_count > _SHOWN:
        print(f"… and {report.error_count - _SHOWN:,} more.", file=sys.stderr)
    if target is None:
        return
    try:
        with target.open("w", newline="", encoding="utf-8") as opened:
            write_errors(report.errors, opened)
    except OSError as error:
        raise Refusal(f"{target} cannot be written: {(error.strerror or '').lower()}.") from None
