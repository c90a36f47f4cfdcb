"""Streams a CSV file through its dataset's fields into a staging table of the transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from data.ingest.arrow_copy import copy_all
from data.ingest.csvfile import Block, CsvFile
from data.ingest.fields import Field, Reading, absent, convert
from data.ingest.report import ImportRefused, Report, RowError

Check = Callable[[Mapping[str, Any]], list[tuple[Any, str, str]]]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Mapped:
    """Which column of the file each field is read from (None: the file has none)."""

    columns: dict[str, int | None]
    ignored: tuple[str, ...]


def map_columns(
    fields: tuple[Field, ...], file: CsvFile, chosen: Mapping[str, str] | None = None
) -> Mapped:
    """Match fields to the header, as chosen (field → column) or by name. Raises ImportRefused."""
    chosen = dict(chosen or {})
    names = [field.name for field in fields]
    for field, column in chosen.items():
        if field not in names:
            raise ImportRefused(
                f'There is no field "{field}" to map; the fields are: {", ".join(names)}.'
            )
        if column not in file.header:
            raise ImportRefused(
                f'{file.name} has no column "{column}"; it has: {_listed(file.header)}.'
            )
    columns = guess(fields, file.header, chosen)
    missing = [field.name for field in fields if field.required and columns[field.name] is None]
    if missing:
        raise ImportRefused(
            f"{file.name} lacks the required columns {', '.join(missing)}; "
            "name them so in its header or map them with --map field=column."
        )
    used = set(columns.values())
    ignored = tuple(name for at, name in enumerate(file.header) if name and at not in used)
    return Mapped(columns, ignored)


def guess(
    fields: tuple[Field, ...], header: list[str], chosen: Mapping[str, str], loosely: bool = False
) -> dict[str, int | None]:
    """The column of each field: the chosen one, else one of the same name, however it is spelt.

    `loosely`: else one that other systems give that meaning; for a person to confirm.
    """
    taken = {header.index(column) for column in chosen.values() if column in header}
    plain = {_plain(name): at for at, name in enumerate(header) if at not in taken}

    def found(field: Field) -> int | None:
        if field.name in chosen:
            return header.index(chosen[field.name])
        names = (field.name, *(field.also if loosely else ()))
        return next((plain[_plain(name)] for name in names if _plain(name) in plain), None)

    return {field.name: found(field) for field in fields}


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:20])
    return shown if len(names) <= 20 else f"{shown}, …"


@dataclass
class Staging:
    """One file on its way into tables; its rows are `position` and the fields' names."""

    fields: tuple[Field, ...]
    reading: Reading
    report: Report
    check: Check | None = None
    skip_bad: bool = False
    progress: Progress | None = None

    def load(self, opened: Connection, table: str, file: CsvFile, mapped: Mapped) -> None:
        """COPY the good rows into `table`; raises ImportRefused for bad ones without skip_bad."""
        names = ("position", *(field.name for field in self.fields))
        copy_all(opened, table, names, self.rows(file, mapped))
        self.judge()

    def judge(self) -> None:
        """Whether the file is taken. Raises ImportRefused."""
        report = self.report
        if report.bad_rows and not self.skip_bad:
            raise ImportRefused(
                f"{report.file_name} has {report.bad_rows:,} bad rows of {report.rows:,} and "
                "nothing of it was taken; correct them or leave them out with --skip-bad.",
                report,
            )
        if not report.rows:
            raise ImportRefused(f"{report.file_name} has a header but no rows; nothing to import.")

    def rows(self, file: CsvFile, mapped: Mapped) -> Iterator[Any]:
        """Good rows, a block at a time; none once the file is known to be refused."""
        self.report.ignored_columns = mapped.ignored
        for block in file.blocks():
            table = self._typed(block, mapped)
            if self.progress is not None:
                self.progress(self.report.rows, block.end)
            if table.num_rows and (self.skip_bad or not self.report.bad_rows):
                yield table

    def _typed(self, block: Block, mapped: Mapped) -> Any:
        rows = len(block.lines)
        columns: dict[str, Any] = {}
        faults: list[tuple[int, str, str]] = []
        for field in self.fields:
            at = mapped.columns[field.name]
            if at is None:
                columns[field.name] = absent(field, rows, self.reading)
                continue
            columns[field.name], reasons = convert(field, block.columns[at], self.reading)
            faults += [(row, field.name, reason) for row, reason in reasons.items()]
        for mask, name, reason in self.check(columns) if self.check else []:
            hit = np.flatnonzero(pc.fill_null(mask, False).to_numpy(zero_copy_only=False))
            faults += [(int(row), name, reason) for row in hit]
        blank = _blank_rows(block) if faults else np.zeros(rows, dtype=bool)
        bad = self._record(block, faults, blank)
        table = pa.table({"position": pa.array(block.lines), **columns})
        return table.filter(pa.array(~(bad | blank))) if (bad | blank).any() else table

    def _record(self, block: Block, faults: list[tuple[int, str, str]], blank: Any) -> Any:
        """Write down the faults of rows that are not wholly blank; returns which rows are bad."""
        bad = np.zeros(len(block.lines), dtype=bool)
        errors = []
        for row, name, reason in faults:
            if not blank[row]:
                bad[row] = True
                errors.append(RowError(int(block.lines[row]), name, reason))
        errors += [
            RowError(line, "row", f"has {found} values, the header names {len(block.columns)}")
            for line, found in block.ragged
        ]
        self.report.rows += len(block.lines) - int(blank.sum()) + len(block.ragged)
        self.report.bad_rows += int(bad.sum()) + len(block.ragged)
        self.report.add_errors(sorted(errors, key=lambda error: error.line))
        return bad


def _blank_rows(block: Block) -> Any:
    """Rows without any value, such as spreadsheets leave at the end; they are no rows."""
    blank = np.ones(len(block.lines), dtype=bool)
    for column in block.columns:
        trimmed = pc.utf8_trim_whitespace(column)
        blank &= pc.equal(trimmed, "").to_numpy(zero_copy_only=False)
    return blank
