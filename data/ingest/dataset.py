"""One way in for every dataset of the company: stage rows, find bad ones, merge, follow up.

Rows come from a CSV file or as records of an integration; both end in the same merge, within one
transaction, so that a dataset is taken wholly or not at all and roll-ups never lag behind it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv
from sqlalchemy import Connection, text

from data import company, database
from data.ingest.csvfile import CsvFile
from data.ingest.fields import Field, Reading
from data.ingest.report import ImportRefused, Report, RowError
from data.ingest.staging import Check, Progress, Staging, map_columns

CSV = "csv"
_TYPES = {
    "text": "text",
    "number": "numeric",
    "instant": "timestamp",
    "day": "date",
    "currency": "char(3)",
}


@dataclass(frozen=True)
class Dataset:
    """A table that rows of a source go into.

    `key`: SQL over the staged fields for the row's id at its source. `late`: (SQL condition of a
    bad row, column, reason) that need the database. `prepare` runs on the staged rows `in_rows`
    before the merge, `follow` after it; both get the connection and the source.
    """

    name: str
    table: str
    fields: tuple[Field, ...]
    key: str
    check: Check | None = None
    late: tuple[tuple[str, str, str], ...] = ()
    values: Mapping[str, str] | None = None
    prepare: Callable[[Connection, str], None] | None = None
    follow: Callable[[Connection, str], None] | None = None
    merge: Callable[[Connection, str], dict[str, int]] | None = None
    lock: str = ""

    @property
    def stored(self) -> dict[str, str]:
        """Column of the table → SQL over the staged fields."""
        return dict(self.values or {field.name: field.name for field in self.fields})

    @property
    def take(self) -> Callable[..., Report]:
        """`take(path, mapping, skip_bad, progress, name)`: imports a CSV file of it."""

        def take(
            path: Path,
            mapping: Mapping[str, str] | None = None,
            skip_bad: bool = False,
            progress: Progress | None = None,
            name: str | None = None,
        ) -> Report:
            return import_file(
                self, path, mapping=mapping, skip_bad=skip_bad, progress=progress, name=name
            )

        return take


def one_of(column: str, *allowed: str) -> Callable[[Mapping[str, Any]], tuple[Any, str, str]]:
    """A check that a text is one of a few; blanks pass."""

    def check(columns: Mapping[str, Any]) -> tuple[Any, str, str]:
        known = pc.is_in(columns[column], value_set=pa.array(allowed))
        wrong = pc.and_(pc.is_valid(columns[column]), pc.invert(known))
        return wrong, column, f"must be one of {', '.join(allowed)}"

    return check


def import_file(
    dataset: Dataset,
    path: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    skip_bad: bool = False,
    progress: Progress | None = None,
    name: str | None = None,
) -> Report:
    """Take a CSV file in one transaction. Raises ImportRefused with every bad row named."""
    with CsvFile(path) as file:
        file.name = name or file.name
        mapped = map_columns(dataset.fields, file, mapping)
        report = Report(dataset.name, file.name)
        reading = Reading(company.zone(), company.currency(), datetime.now(UTC))
        staging = Staging(dataset.fields, reading, report, dataset.check, skip_bad, progress)
        with database.transaction() as opened:
            begin(opened, dataset)
            staging.load(opened, "in_rows", file, mapped)
            opened.execute(text(f"UPDATE in_rows SET source_id = {dataset.key}"))
            _refuse_late(opened, dataset, report, skip_bad)
            report.counts = finish(opened, dataset, CSV)
    return report


def upsert(
    opened: Connection, dataset: Dataset, source: str, records: Iterable[Mapping[str, Any]]
) -> dict[str, int]:
    """Take records within the caller's transaction; returns how many were new and changed.

    A record maps field names to typed values and may give `source_id`; later ones win. Raises
    ImportRefused for one that the dataset cannot hold.
    """
    begin(opened, dataset)
    names = [*(field.name for field in dataset.fields), "source_id"]
    rows = [{name: record.get(name) for name in names} for record in records]
    if rows:
        _stage(opened, dataset, rows)
        opened.execute(text(f"UPDATE in_rows SET source_id = coalesce(source_id, {dataset.key})"))
        opened.execute(text(
            "DELETE FROM in_rows a USING in_rows b "
            "WHERE a.source_id = b.source_id AND a.position < b.position"
        ))  # fmt: skip
        _refuse_late(opened, dataset, Report(dataset.name, source), skip_bad=False)
    return finish(opened, dataset, source)


def remove(opened: Connection, dataset: Dataset, source: str, ids: Iterable[str]) -> int:
    """Delete rows that the source no longer has, and follow up; returns how many there were."""
    begin(opened, dataset)
    columns = ", ".join(f"{sql} AS {name}" for name, sql in _as_staged(dataset).items())
    opened.execute(
        text(f"INSERT INTO in_rows ({', '.join(_as_staged(dataset))}, source_id) "
             f"SELECT {columns}, source_id FROM {dataset.table} "
             "WHERE source = :source AND source_id = ANY(:ids)"),
        {"source": source, "ids": list(ids)},
    )  # fmt: skip
    if dataset.prepare:
        dataset.prepare(opened, source)
    gone = opened.execute(
        text(f"DELETE FROM {dataset.table} t USING in_rows r "
             "WHERE t.source = :source AND t.source_id = r.source_id"),
        {"source": source},
    ).rowcount  # fmt: skip
    if dataset.follow:
        dataset.follow(opened, source)
    return gone


def _as_staged(dataset: Dataset) -> dict[str, str]:
    """Staged field → column of the table that holds it unchanged."""
    names = {field.name for field in dataset.fields}
    return {sql: column for column, sql in dataset.stored.items() if sql in names}


def begin(opened: Connection, dataset: Dataset) -> None:
    """An empty `in_rows` for the dataset, and the lock that keeps its roll-ups to one writer."""
    opened.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"dataset {dataset.lock or dataset.name}"},
    )
    columns = ", ".join(f"{field.name} {_TYPES[field.kind]}" for field in dataset.fields)
    opened.execute(text("DROP TABLE IF EXISTS in_rows"))
    opened.execute(text(
        "CREATE TEMP TABLE in_rows (position bigint GENERATED BY DEFAULT AS IDENTITY, "
        f"source_id text, {columns}) ON COMMIT DROP"
    ))  # fmt: skip


def _stage(opened: Connection, dataset: Dataset, rows: list[dict[str, Any]]) -> None:
    for field in dataset.fields:
        blank = company.currency() if field.kind == "currency" else field.fallback
        for row in rows:
            if row[field.name] is None:
                row[field.name] = blank
    names = list(rows[0])
    table = pa.table({name: pa.array([_plain(row[name]) for row in rows], pa.string())
                      for name in names})  # fmt: skip
    target = io.BytesIO()
    arrow_csv.write_csv(table, target, arrow_csv.WriteOptions(include_header=False))
    target.seek(0)
    database.copy_from(opened, f"COPY in_rows ({', '.join(names)}) FROM STDIN (FORMAT csv)", target)


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)


def _refuse_late(opened: Connection, dataset: Dataset, report: Report, skip_bad: bool) -> None:
    """Find rows that only the database can tell are bad; raise, or leave them out."""
    repeated = (
        "EXISTS (SELECT FROM in_rows b WHERE b.source_id = in_rows.source_id "
        "AND b.position < in_rows.position)"
    )
    opened.execute(text("CREATE INDEX ON in_rows (source_id)"))
    opened.execute(text("ANALYZE in_rows"))
    found: list[RowError] = []
    for condition, column, reason in (*dataset.late, (repeated, _named(dataset), "is repeated")):
        rows = opened.execute(text(f"SELECT position FROM in_rows WHERE {condition}")).scalars()
        found += [RowError(int(line), column, reason) for line in rows]
    if not found:
        return
    bad = {error.line for error in found}
    report.bad_rows += len(bad)
    report.add_errors(sorted(found, key=lambda error: error.line))
    if not skip_bad:
        raise ImportRefused(
            f"{report.file_name} has {report.bad_rows:,} bad rows and nothing of it was taken; "
            "correct them or leave them out with --skip-bad.",
            report,
        )
    opened.execute(text("DELETE FROM in_rows WHERE position = ANY(:bad)"), {"bad": list(bad)})


def _named(dataset: Dataset) -> str:
    return next(field.name for field in dataset.fields if field.required)


def finish(opened: Connection, dataset: Dataset, source: str) -> dict[str, int]:
    """Merge `in_rows`, follow up, note when the source was read; returns new and changed rows."""
    opened.execute(text("ANALYZE in_rows"))
    if dataset.prepare:
        dataset.prepare(opened, source)
    counts = (dataset.merge or (lambda at, name: _merge(at, dataset, name)))(opened, source)
    if dataset.follow:
        dataset.follow(opened, source)
    note(opened, dataset.name, source)
    return counts


def note(opened: Connection, name: str, source: str) -> None:
    """Write down that the source of a dataset was read now."""
    opened.execute(
        text("INSERT INTO feeds (dataset, source, last_seen) VALUES (:name, :source, now()) "
             "ON CONFLICT (dataset, source) DO UPDATE SET last_seen = excluded.last_seen"),
        {"name": name, "source": source},
    )  # fmt: skip


def _merge(opened: Connection, dataset: Dataset, source: str) -> dict[str, int]:
    stored = dataset.stored
    names = ", ".join(stored)
    held = ", ".join(f"t.{name}" for name in stored)
    given = ", ".join(f"({sql})" for sql in stored.values())
    changed = opened.execute(
        text(f"SELECT count(*) FILTER (WHERE t.source_id IS NULL), count(*) FILTER (WHERE "
             f"t.source_id IS NOT NULL AND ROW({held}) IS DISTINCT FROM ROW({_cast(dataset)})) "
             f"FROM (SELECT source_id AS id, {_given(stored)} FROM in_rows) r "
             f"LEFT JOIN {dataset.table} t ON t.source = :source AND t.source_id = r.id"),
        {"source": source},
    ).one()  # fmt: skip
    updates = ", ".join(f"{name} = excluded.{name}" for name in stored)
    opened.execute(
        text(f"INSERT INTO {dataset.table} ({names}, source, source_id, last_seen) "
             f"SELECT {given}, :source, source_id, now() FROM in_rows "
             "ON CONFLICT (source, source_id) DO UPDATE SET "
             f"{updates}, last_seen = excluded.last_seen"),
        {"source": source},
    )  # fmt: skip
    return {"new": int(changed[0]), "changed": int(changed[1])}


def _given(stored: Mapping[str, str]) -> str:
    return ", ".join(f"({sql}) AS r_{name}" for name, sql in stored.items())


def _cast(dataset: Dataset) -> str:
    return ", ".join(f"r.r_{name}" for name in dataset.stored)
