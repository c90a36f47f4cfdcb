"""Reads a CSV file block by block into columns of text, each row with its line in the file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from data.ingest.report import ImportRefused

BLOCK_BYTES = 4 << 20
_LONGEST_ROW = 16 << 20
_LONGEST_HEADER = 1 << 16
_BOM = b"\xef\xbb\xbf"
_NOT_CSV = {
    b"\x1f\x8b": "compressed (gzip); unpack it first",
    b"PK\x03\x04": "a workbook or zip archive; save the sheet as CSV (UTF-8) first",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV (UTF-8) first",
    b"\xff\xfe": "UTF-16 text; save it as CSV (UTF-8) first",
    b"\xfe\xff": "UTF-16 text; save it as CSV (UTF-8) first",
    b"PAR1": "a Parquet file; save it as CSV (UTF-8) first",
}


@dataclass(frozen=True)
class Block:
    """Some rows: one text array a column of the header, and the line each row begins on.

    `ragged`: (line, number of values) of rows that have not as many values as the header.
    """

    columns: list[Any]
    lines: np.ndarray[Any, np.dtype[np.int64]]
    ragged: list[tuple[int, int]]
    end: int


class CsvFile:
    """One open file. `header` is what the first line names. Raises ImportRefused."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        try:
            self.size = path.stat().st_size
            self._file: IO[bytes] = path.open("rb")
        except OSError as error:
            raise ImportRefused(
                f"{path.name} cannot be read: {(error.strerror or 'unknown').lower()}; "
                "check the path."
            ) from None
        try:
            self._read_header()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> CsvFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _read_header(self) -> None:
        start = self._file.read(4)
        for magic, meaning in _NOT_CSV.items():
            if start.startswith(magic):
                raise ImportRefused(f"{self.name} is {meaning}.")
        self._file.seek(3 if start.startswith(_BOM) else 0)
        line = self._file.readline(_LONGEST_HEADER)
        if len(line) == _LONGEST_HEADER or b"\r" in line.rstrip(b"\r\n"):
            raise ImportRefused(
                f"{self.name} has no line break that is understood; save it as CSV (UTF-8)."
            )
        if not line.strip():
            what = "is empty" if not self._file.read(1) and self.size < 8 else "has no header"
            raise ImportRefused(f"{self.name} {what}; its first line must name the columns.")
        text = self._text(line, 1).rstrip("\r\n")
        self.delimiter = max(",;\t|", key=text.count)
        try:
            row = next(csv.reader([text], delimiter=self.delimiter, strict=True))
        except csv.Error:
            raise ImportRefused(
                f"{self.name}: the header's quotes are not closed; write each name on line 1."
            ) from None
        self.header = [name.strip() for name in row]
        self._require_distinct()

    def _require_distinct(self) -> None:
        named = [name for name in self.header if name]
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise ImportRefused(
                f'{self.name} names the column "{twice[0]}" more than once; rename one of them.'
            )

    def blocks(self) -> Iterator[Block]:
        """The rows after the header, about BLOCK_BYTES at a time."""
        line = 2
        rest = b""
        while True:
            chunk = self._file.read(BLOCK_BYTES)
            whole, rest = _cut(rest + chunk) if chunk else (rest, b"")
            if len(rest) > _LONGEST_ROW:
                raise self._unclosed(line + whole.count(b"\n"))
            if whole:
                yield self._parse(whole, line)
                line += whole.count(b"\n")
            if not chunk:
                return

    def _unclosed(self, line: int) -> ImportRefused:
        return ImportRefused(
            f"{self.name}: a quote opened on or after line {line} is never closed; close it."
        )

    def _text(self, block: bytes, line: int) -> str:
        """Decoded; a byte that is not text is refused with its line."""
        try:
            text = block.decode("utf-8")
        except UnicodeDecodeError as error:
            bad = line + block.count(b"\n", 0, error.start)
            raise ImportRefused(
                f"{self.name}: line {bad} is not UTF-8 text; save the file as CSV (UTF-8)."
            ) from None
        if "\0" in text:
            bad = line + block.count(b"\n", 0, block.index(b"\0"))
            raise ImportRefused(
                f"{self.name}: line {bad} holds a NUL byte; the file is damaged, export it again."
            )
        return text

    def _parse(self, block: bytes, line: int) -> Block:
        if not block.isascii() or b"\0" in block:
            self._text(block, line)
        if block.count(b'"') % 2:
            raise self._unclosed(line)
        bad: list[tuple[int, int, str]] = []

        def refuse(row: Any) -> str:
            bad.append((row.number - 1, row.actual_columns, row.text))
            return "skip"

        columns = self._columns(block, refuse, line)
        dropped = np.array([number for number, _, _ in bad], dtype=np.int64)
        lines = _line_numbers(columns, dropped, bad, block, line)
        ragged = [
            (int(lines[number]), found) for number, found, text in bad if text.strip(" \t\r\n")
        ]
        return Block(columns, np.delete(lines, dropped), ragged, self._file.tell())

    def _columns(self, block: bytes, refuse: Any, line: int) -> list[Any]:
        names = [str(number) for number in range(len(self.header))]
        try:
            table = arrow_csv.read_csv(
                pa.py_buffer(block),
                read_options=arrow_csv.ReadOptions(
                    use_threads=False, column_names=names, block_size=len(block) + 1
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.delimiter,
                    newlines_in_values=b'"' in block,
                    ignore_empty_lines=False,
                    invalid_row_handler=refuse,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid:
            raise ImportRefused(
                f"{self.name}: the rows after line {line} cannot be told apart; check its quotes."
            ) from None
        return [column.combine_chunks() for column in table.columns]


def _cut(data: bytes) -> tuple[bytes, bytes]:
    """Split after the last line break that is not inside quotes."""
    end = data.rfind(b"\n") + 1
    quotes = data.count(b'"', 0, end)
    while end and quotes % 2:
        earlier = data.rfind(b"\n", 0, end - 1) + 1
        quotes -= data.count(b'"', earlier, end)
        end = earlier
    return data[:end], data[end:]


def _line_numbers(
    columns: list[Any],
    dropped: np.ndarray[Any, np.dtype[np.int64]],
    bad: list[tuple[int, int, str]],
    block: bytes,
    line: int,
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The line each row, kept or dropped, begins on: quoted values may hold line breaks."""
    total = len(columns[0]) + len(dropped)
    lines = np.arange(line, line + total, dtype=np.int64)
    if block.count(b"\n") > total - (not block.endswith(b"\n")):
        breaks = np.zeros(total, dtype=np.int64)
        kept = np.setdiff1d(np.arange(total), dropped)
        for column in columns:
            breaks[kept] += pc.count_substring(column, "\n").to_numpy(zero_copy_only=False)
        for number, _, text in bad:
            breaks[number] += text.rstrip("\r\n").count("\n")
        lines[1:] += np.cumsum(breaks)[:-1]
    return lines
