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
_STATES = {"running": "Running", "done": "Taken", "refused": "Refused", "failed": "Failed"}
_COLUMNS = {
    "started_at": "Started", "file_name": "File", "state": "Outcome", "message": "In words",
    "dataset": "Holds", "rows_read": "Rows read", "seconds": "Took", "started_by": "By",
}  # fmt: skip


def first_rows(file: CsvFile) -> pd.DataFrame:
    """The first rows as they stand in the file. Raises ImportRefused."""
    block = next(file.blocks(), None)
    rows = zip(*(column.slice(0, _PREVIEW).to_pylist() for column in block.columns), strict=True) \
        if block else ()  # fmt: skip
    return pd.DataFrame(islice(rows, _PREVIEW), columns=_unique(file.header))


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
    rows = int(found["rows_read"])
    done = f"{rows:,} rows read" if rows else "being read"
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


def recent() -> None:
    """The last imports, each with what became of it."""
    found = imports.recent()
    stopped = (found["state"] == "failed") & found["message"].isna()
    found.loc[stopped, "message"] = "It stopped and nothing was taken; import the file again."
    # What was refused before its rows were counted had some, perhaps: 0 would be made up.
    found["rows_read"] = found["rows_read"].where(
        (found["state"] == "done") | (found["rows_read"] > 0)
    )
    found["dataset"] = found["dataset"].map(title)
    found["state"] = found["state"].map(_STATES)
    tables.table(found, name="imports", nothing="Nothing was imported yet.", columns=_COLUMNS,
                 formats={"rows_read": "count", "seconds": "seconds"})  # fmt: skip


def title(name: str) -> str:
    """A dataset's name as it is shown."""
    return name.replace("-", " ").capitalize()


def _errors(report: Mapping[str, Any]) -> None:
    frame = pd.DataFrame(report["errors"], columns=["line", "column", "reason"])
    total = int(report["error_count"])
    more = f", the first {len(frame):,} are listed" if total > len(frame) else ""
    st.caption(f"{total:,} bad values in {int(report['bad_rows']):,} rows{more}.")
    tables.table(frame, name="bad-rows", formats={"line": "count"},
                 columns={"line": "Line", "column": "Column", "reason": "Reason"})  # fmt: skip
