"""The parts of the Import page: the file's columns, the run, what came out of it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import pandas as pd
import streamlit as st

from components import guard, tables
from components.banner import notice
from components.runs import refreshed
from data.ingest.csvfile import CsvFile
from data.ingest.datasets import Dataset
from data.ingest.staging import guess
from data.queries import imports

_NONE = "not in the file"
_PREVIEW = 5


def preview(file: CsvFile) -> None:
    """The first rows as they stand in the file."""
    block = next(file.blocks(), None)
    rows = zip(*(column.slice(0, _PREVIEW).to_pylist() for column in block.columns), strict=True) \
        if block else ()  # fmt: skip
    frame = pd.DataFrame(islice(rows, _PREVIEW), columns=_unique(file.header))
    st.dataframe(frame, hide_index=True)


def _unique(header: list[str]) -> list[str]:
    return [name or f"column {at + 1}" for at, name in enumerate(header)]


def mapping(kind: Dataset, file: CsvFile) -> dict[str, str] | None:
    """Which column each field is read from, guessed and to be changed; None while one lacks."""
    guessed = guess(kind.fields, file.header, {}, loosely=True)
    chosen: dict[str, str] = {}
    columns = st.columns(4)
    for at, field in enumerate(kind.fields):
        found = guessed[field.name]
        picked = columns[at % 4].selectbox(
            f"{field.name}{' *' if field.required else ''}",
            [_NONE, *(name for name in file.header if name)],
            index=0 if found is None else 1 + [n for n in file.header if n].index(
                file.header[found]),
            help=field.help, key=f"map-{kind.name}-{field.name}",
        )  # fmt: skip
        if picked != _NONE:
            chosen[field.name] = picked
    lacking = [field.name for field in kind.fields if field.required and field.name not in chosen]
    if lacking:
        notice(f"Choose the column of {', '.join(lacking)}.", "warning")
        return None
    return chosen


def watch(number: int, resource: str) -> None:
    """How far the import is; ends by itself."""
    refreshed(_progress, 1.0)(number, resource)


def _progress(number: int, resource: str) -> None:
    guard.require(resource, "import")
    found = imports.one(number)
    if found is None:
        return
    if found["state"] != "running":
        st.session_state["import-over"] = number
        st.session_state.pop("import-running", None)
        st.rerun()
    share = float(found["progress"])
    done = f"{int(found['rows_read']):,} rows read"
    st.progress(min(share, 0.99), f"{found['file_name']}: {done}" if share < 1 else
                f"{found['file_name']}: {done}, storing them")  # fmt: skip


def outcome(number: int) -> None:
    """How an import ended, and the rows it could not take."""
    found = imports.one(number)
    if found is None:
        return
    tone = {"done": "info", "refused": "warning"}.get(found["state"], "critical")
    stopped = f"The import of {found['file_name']} stopped and nothing was taken; import it again."
    notice(found["message"] or stopped, tone)  # type: ignore[arg-type]
    report: Mapping[str, Any] = found["report"] or {}
    for note in report.get("notes", []):
        notice(note, "warning")
    if report.get("ignored_columns"):
        st.caption(f"Columns not used: {', '.join(report['ignored_columns'])}.")
    if report.get("errors"):
        _errors(report)


def _errors(report: Mapping[str, Any]) -> None:
    frame = pd.DataFrame(report["errors"], columns=["line", "column", "reason"])
    total = int(report["error_count"])
    more = f", the first {len(frame):,} are listed" if total > len(frame) else ""
    st.caption(f"{total:,} bad values in {int(report['bad_rows']):,} rows{more}.")
    tables.table(frame, name="bad-rows", formats={"line": "count"},
                 columns={"line": "Line", "column": "Column", "reason": "Reason"})  # fmt: skip
