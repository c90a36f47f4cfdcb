"""What an import says when it is over: what was taken, what was not and why."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO, Any

KEPT_ERRORS = 1000


@dataclass(frozen=True)
class RowError:
    """One bad value: the line of the file its row begins on (the header is line 1)."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.reason}"


@dataclass
class Report:
    """Counts of one import. `errors` keeps the first KEPT_ERRORS, `error_count` counts all."""

    dataset: str
    file_name: str = ""
    rows: int = 0
    bad_rows: int = 0
    errors: list[RowError] = field(default_factory=list)
    error_count: int = 0
    ignored_columns: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add_errors(self, found: Iterable[RowError]) -> None:
        """Count each error, keep the first ones."""
        for error in found:
            self.error_count += 1
            if len(self.errors) < KEPT_ERRORS:
                self.errors.append(error)

    def sentence(self) -> str:
        """The outcome in one sentence."""
        counted = ", ".join(f"{number:,} {name}" for name, number in self.counts.items())
        left_out = f", {self.bad_rows:,} bad rows left out" if self.bad_rows else ""
        return f"{self.file_name}: {self.rows:,} rows read{left_out}; {counted or 'no change'}."

    def as_json(self) -> dict[str, Any]:
        """For the record of imports."""
        return {
            "rows": self.rows,
            "bad_rows": self.bad_rows,
            "error_count": self.error_count,
            "errors": [[error.line, error.column, error.reason] for error in self.errors],
            "ignored_columns": list(self.ignored_columns),
            "counts": self.counts,
            "notes": self.notes,
        }


class ImportRefused(Exception):
    """Nothing of the file was taken; its text is one sentence, `report` lists the bad rows."""

    def __init__(self, sentence: str, report: Report | None = None) -> None:
        super().__init__(sentence)
        self.report = report


def write_errors(errors: Iterable[RowError], target: IO[str]) -> None:
    """The bad rows as CSV: line, column, reason."""
    writer = csv.writer(target)
    writer.writerow(["line", "column", "reason"])
    writer.writerows([error.line, error.column, error.reason] for error in errors)
