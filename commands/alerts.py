"""`manage.py alerts`: try a rule on a series, move rules in and out, test a channel."""

from __future__ import annotations

import csv
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from alerts import advice, channelbook, durations, oncall, rulebook, rulefile, signals
from alerts import backtest as backtests
from alerts.channels.errors import DeliveryError
from alerts.delivery import base_url
from alerts.rules import Rule, problems
from alerts.series import Series
from commands import Refusal
from data.exports import neutral

app = typer.Typer(help="Alert rules and channels.", no_args_is_help=True)
_AUTHOR = "command line"


@app.command()
def backtest(
    rule: Annotated[str, typer.Argument(help="A rule's name, or a TOML file with one rule.")],
    series: Annotated[Path | None, typer.Option(help="CSV ts,value[,label…].")] = None,
    start: Annotated[str | None, typer.Option("--from", help="ISO instant to start at.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="ISO instant to end at.")] = None,
) -> None:
    """Print each change of state that the rule would have made: would it have fired, and when."""
    judged = _rule(rule)
    first, last = _instant(start, "--from"), _instant(end, "--to")
    if first and last and first > last:
        raise Refusal("--from lies after --to; give the earlier instant to --from.")
    try:
        judged = replace(judged, threshold=signals.bound_of(judged))
        if series is None:
            last = last or datetime.now(UTC)
            known = _history(judged, first, last)
        else:
            with series.open(newline="", encoding="utf-8") as source:
                file = backtests.read_series(source, series.name)
            last = last or file.last
            known = _matching(judged, file.series)
        changes = backtests.run(judged, known, first, last)
    except OSError as error:
        raise Refusal(f"{series} cannot be read: {error.strerror}.") from None
    except (backtests.SeriesError, signals.SignalError, signals.UnknownSignal) as error:
        raise Refusal(str(error)) from None
    backtests.write_changes(changes, sys.stdout)


def _history(rule: Rule, first: datetime | None, last: datetime) -> list[Series]:
    if first is None:
        raise Refusal("Give the series with --series FILE.csv, or a part of history with --from.")
    if not signals.find(rule.signal).history:
        raise Refusal(f"{rule.signal} has no history; give a series with --series FILE.csv.")
    return _matching(rule, signals.read(rule.signal, first - signals.reach(rule), last))


def _matching(rule: Rule, known: list[Series]) -> list[Series]:
    return [one for one in known if rule.match.items() <= dict(one.labels).items()]


def _instant(given: str | None, option: str) -> datetime | None:
    if given is None:
        return None
    try:
        return backtests.read_instant(given)
    except ValueError as error:
        raise Refusal(f"{option} {error}") from None


def _rule(given: str) -> Rule:
    path = Path(given)
    if path.suffix != ".toml" and not path.is_file():
        rulebook.install_defaults()
        try:
            return rulebook.find(given).rule
        except rulebook.UnknownRule as error:
            raise Refusal(str(error)) from None
    rules = _read(path, problems)
    if len(rules) != 1:
        raise Refusal(f"{path.name} holds {len(rules)} rules; a backtest takes one.")
    return rules[0]


def _read(path: Path, check: rulefile.Check) -> list[Rule]:
    try:
        with path.open("rb") as source:
            content = source.read(rulefile.LARGEST + 1)
        return rulefile.parse(rulefile.decoded(content, path.name), path.name, check)
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}.") from None
    except rulefile.RuleFileError as error:
        raise Refusal(str(error)) from None


@app.command("list")
def list_rules() -> None:
    """Print the rules as CSV: name, severity, signal, condition, for, and whether it is on."""
    rulebook.install_defaults()
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(["name", "severity", "signal", "condition", "for", "enabled", "error"])
    for kept in rulebook.kept():
        rule = kept.rule
        rows.writerow(
            [
                neutral(rule.name),
                rule.severity,
                rule.signal,
                rule.condition,
                durations.spell(rule.for_),
                "yes" if rule.enabled else "no",
                kept.error or "",
            ]
        )


@app.command("signals")
def list_signals() -> None:
    """Print what a rule can watch as CSV: name, title, unit, labels."""
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(["signal", "title", "unit", "labels"])
    for signal in signals.catalogue().values():
        rows.writerow([signal.name, signal.title, signal.unit, " ".join(signal.labels)])


@app.command()
def export(file: Annotated[Path, typer.Argument(help="TOML file to write.")]) -> None:
    """Write every rule to a TOML file."""
    rulebook.install_defaults()
    rules = [kept.rule for kept in rulebook.kept()]
    try:
        file.write_text(rulefile.spell(rules), encoding="utf-8")
    except OSError as error:
        raise Refusal(f"{file} cannot be written: {error.strerror}.") from None
    print(f"{len(rules)} rules written to {file}.")


@app.command("import")
def import_rules(file: Annotated[Path, typer.Argument(help="TOML file to read.")]) -> None:
    """Take over every rule of a TOML file, by name, all or none."""
    rulebook.install_defaults()
    rules = _read(file, advice.usable)
    new, changed = rulebook.take_over(rules, _AUTHOR)
    print(f"{new} rules added, {changed} replaced.")
    names, policies = [row.name for row in channelbook.listed()], oncall.policies()
    for rule in rules:
        for missing in advice.refusals(rule, names, policies):
            print(f"{rule.name}: {missing}", file=sys.stderr)


@app.command("test-channel")
def test_channel(name: Annotated[str, typer.Argument(help="The channel's name.")]) -> None:
    """Send a test message through a channel."""
    try:
        receipt = channelbook.try_out(name, f"{base_url()}/alerts")
    except channelbook.UnknownChannel as error:
        raise Refusal(str(error)) from None
    except DeliveryError as error:
        raise Refusal(f"{name} did not deliver the test: {error}") from None
    print(f"{name} delivered the test: {receipt.detail}.")
