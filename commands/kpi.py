"""`manage.py kpi`: the value of a KPI, exactly as the page shows it."""

from __future__ import annotations

import csv
import json
import sys
from datetime import date
from math import isnan
from pathlib import Path
from typing import Annotated, Any

import typer

from commands import Refusal
from config.catalogue.document import page
from config.kpis import KPIS, UnknownKpi, kpi
from data import targets
from data.exports import neutral
from data.queries import kpi as figures

app = typer.Typer(help="Values of KPIs.", context_settings={"allow_interspersed_args": True})
PAGE = Path(__file__).parent.parent / "docs" / "kpis.md"


@app.callback(invoke_without_command=True, no_args_is_help=True)
def show(
    slug: Annotated[
        str,
        typer.Argument(
            help="The KPI's name; `list` prints all of them, `doc` writes docs/kpis.md."
        ),
    ],
    start: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")] = "",
    end: Annotated[str, typer.Option("--to", help="Last day, included.")] = "",
    by: Annotated[str, typer.Option(help="A breakdown; `list` prints which each KPI has.")] = "",
    form: Annotated[str, typer.Option("--format", help="csv or json.")] = "csv",
) -> None:
    """Print a KPI over company days, as a whole or by a breakdown."""
    if form not in ("csv", "json"):
        raise Refusal(f'"{form}" is no format; use --format csv or --format json.')
    if slug in ("list", "doc"):
        _print_list(form) if slug == "list" else PAGE.write_text(page(KPIS.values()))
        return
    try:
        kpi(slug)
        days = _day("--from", start), _day("--to", end)
        if by:
            _print_series(slug, by, *days, form)
        else:
            _print_value(slug, *days, form)
    except (UnknownKpi, figures.BadQuery) as refusal:
        raise Refusal(str(refusal)) from None


def _day(option: str, text: str) -> date:
    if not text:
        raise Refusal(f"Give the range with --from and --to; {option} is missing.")
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal(f'{option} "{text}" is not a day; write it as 2026-01-31.') from None


def _print_value(slug: str, start: date, end: date, form: str) -> None:
    figure = figures.value(slug, start, end)
    if form == "csv":
        _write_csv(["value"], [[plain(figure.value)]])
        if figure.reason:
            print(figure.reason, file=sys.stderr)
        return
    _write_json(
        {
            "kpi": slug,
            "title": KPIS[slug].title,
            "unit": KPIS[slug].unit,
            "from": start.isoformat(),
            "to": end.isoformat(),
            "value": figure.value,
            "reason": figure.reason,
            "numerator": figure.numerator,
            "denominator": figure.denominator,
            "excluded": dict(figure.excluded),
            "source": figure.source,
            "as_of": figure.as_of.isoformat() if figure.as_of else None,
            "sample": figure.sample,
        }
    )


def _print_series(slug: str, by: str, start: date, end: date, form: str) -> None:
    frame = figures.series(slug, start, end, by)
    values = [None if isnan(value) else float(value) for value in frame["value"]]
    rows = list(zip(frame[by], values, strict=True))
    if form == "csv":
        _write_csv([by, "value"], [[neutral(key), plain(value)] for key, value in rows])
        return
    _write_json(
        {
            "kpi": slug,
            "unit": KPIS[slug].unit,
            "from": start.isoformat(),
            "to": end.isoformat(),
            "by": by,
            "rows": [{by: key, "value": value} for key, value in rows],
            "reason": figures.value(slug, start, end).reason if not rows else None,
        }
    )


def _print_list(form: str) -> None:
    names = ["kpi", "title", "area", "unit", "direction", "target", "warning", "critical",
             "by", "formula"]  # fmt: skip
    held = targets.in_force()
    rows: list[list[Any]] = [
        [entry.slug, entry.title, entry.area, entry.unit, entry.direction, held[entry.slug].target,
         held[entry.slug].warning, held[entry.slug].critical, " ".join(entry.by), entry.formula]
        for entry in KPIS.values()
    ]  # fmt: skip
    if form == "csv":
        _write_csv(names, rows)
    else:
        _write_json([dict(zip(names, row, strict=True)) for row in rows])


def plain(value: float | None) -> str:
    """A number without exponent and trailing zeros, at most 6 decimals; empty for no data."""
    if value is None:
        return ""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _write_csv(header: list[str], rows: list[list[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)


def _write_json(content: Any) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=2))
