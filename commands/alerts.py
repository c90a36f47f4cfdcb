"""`manage.py alerts`: try a rule on a series, move rules in and out, test a channel."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from alerts import backtest as backtests
from alerts import rulefile
from alerts.rules import Rule
from commands import Refusal

app = typer.Typer(help="Alert rules and channels.", no_args_is_help=True)


@app.command()
def backtest(
    rule: Annotated[str, typer.Argument(help="A rule's name, or a TOML file with one rule.")],
    series: Annotated[Path | None, typer.Option(help="CSV ts,value[,label…].")] = None,
) -> None:
    """Print each change of state that the rule would have made: would it have fired, and when."""
    judged = _rule(rule)
    if series is None:
        raise Refusal("Give the series to judge with --series FILE.csv.")
    try:
        with series.open(newline="", encoding="utf-8") as source:
            known = backtests.read_series(source, series.name)
        changes = backtests.run(judged, known)
    except OSError as error:
        raise Refusal(f"{series} cannot be read: {error.strerror}.") from None
    except backtests.SeriesError as error:
        raise Refusal(str(error)) from None
    backtests.write_changes(changes, sys.stdout)


def _rule(given: str) -> Rule:
    path = Path(given)
    if path.suffix != ".toml" and not path.is_file():
        raise Refusal(f'No rule is called "{given}"; `alerts list` prints the names.')
    rules = _read(path)
    if len(rules) != 1:
        raise Refusal(f"{path.name} holds {len(rules)} rules; a backtest takes one.")
    return rules[0]


def _read(path: Path) -> list[Rule]:
    try:
        return rulefile.parse(path.read_text(encoding="utf-8"), path.name)
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Refusal(f"{path} is not UTF-8 text; save it as UTF-8.") from None
    except rulefile.RuleFileError as error:
        raise Refusal(str(error)) from None
