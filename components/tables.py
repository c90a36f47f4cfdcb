"""Tables people can sort, and CSV of exactly the rows on the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import streamlit as st

from components import empty, guard, units
from data import company
from data.exports import neutral

# More rows than this scroll inside their panel.
_ROWS, _TALL = 12, 430


@dataclass(frozen=True)
class Listing:
    """Rows ready to be sent, so that many readers can share them; made by `listing`."""

    frame: pd.DataFrame
    sent: pa.Table | pd.DataFrame
    config: Mapping[str, Any]


def listing(frame: pd.DataFrame, columns: Mapping[str, str], formats: Mapping[str, str]) -> Listing:
    """The columns that `table` would show, converted once.

    Not for instants: each reader sees those on their own clock.
    """
    shown = frame[list(columns)]
    sent = pa.Table.from_pandas(shown, preserve_index=False)
    return Listing(shown, sent, _config(shown, columns, formats))


def table(
    frame: pd.DataFrame,
    *,
    name: str,
    columns: Mapping[str, str] | None = None,
    formats: Mapping[str, str] | None = None,
    height: int | Literal["content"] | None = None,
    key: str | None = None,
    nothing: str = "Nothing to list in this period.",
) -> None:
    """A sortable table and its CSV.

    name: of the downloaded file. columns: column → heading, in this order, others are hidden.
    formats: column → unit of `components.units` (money, percent, count, days …); "amount" is
    money in the currency that another column of the row names, "decimal" a bare number.
    """
    shown = frame if columns is None else frame[list(columns)]
    rows = Listing(shown, shown, _config(shown, columns or {}, formats or {}))
    show(rows, name=name, height=height, key=key, nothing=nothing)


def show(
    rows: Listing,
    *,
    name: str,
    height: int | Literal["content"] | None = None,
    key: str | None = None,
    nothing: str = "Nothing to list in this period.",
) -> None:
    """A table made by `listing` and its CSV; the rest as in `table`."""
    count = len(rows.frame)
    if not count:
        empty.state(nothing)
        return
    st.dataframe(
        rows.sent,
        hide_index=True,
        height=height or ("content" if count <= _ROWS else _TALL),
        key=key,
        placeholder=units.NO_DATA,
        column_config=dict(rows.config),
    )
    download(rows.frame, name=name, key=f"{key or name}-csv")


def download(frame: pd.DataFrame, *, name: str, key: str | None = None) -> None:
    """A quiet “CSV” button that gives exactly `frame`; the file is made when it is asked for."""
    _button(lambda: frame, name, key, f"Download {len(frame):,} rows")


def download_of(frame: Callable[[], pd.DataFrame], *, name: str, key: str | None = None) -> None:
    """The same for a frame that is looked up when the button is pressed, as live charts need."""
    _button(frame, name, key)


def _button(
    frame: Callable[[], pd.DataFrame], name: str, key: str | None, about: str | None = None
) -> None:
    taken = guard.taking(name)

    def file() -> bytes:
        rows = frame()
        made = csv(rows)
        taken(len(rows))
        return made

    st.download_button(
        "CSV",
        data=file,
        file_name=f"{name}.csv",
        mime="text/csv",
        key=key or f"{name}-csv",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
        help=about,
    )


def csv(frame: pd.DataFrame) -> bytes:
    """UTF-8 CSV (RFC 4180); text that a spreadsheet would run gets a leading apostrophe."""
    safe = frame.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = safe[column].map(neutral)
    # Only what belongs to the line's end gets quoted: else a \r in a cell would end its row.
    text: str = safe.rename(columns=neutral).to_csv(index=False, lineterminator="\r\n")
    return text.encode()


def _config(
    frame: pd.DataFrame, columns: Mapping[str, str], formats: Mapping[str, str]
) -> dict[str, Any]:
    return {
        column: _column(cells, columns.get(column, column), formats.get(column))
        for column, (_, cells) in zip(map(str, frame.columns), frame.items(), strict=True)
    }


def _column(cells: pd.Series, heading: str, unit: str | None) -> Any:
    """Numbers wear their unit, instants the reader's clock, days a date."""
    if unit is not None:
        # The currency stands in the heading: after it, a minus would stand in the middle.
        sign = units.sign(company.currency()).strip() if units.canonical(unit) == "money" else ""
        named = f"{heading}, {sign}" if sign else heading
        return st.column_config.NumberColumn(named, format=number_format(unit))
    kind = cells.dtype
    if isinstance(kind, pd.DatetimeTZDtype):
        zone = guard.clock().key
        return st.column_config.DatetimeColumn(heading, format=_INSTANT, timezone=zone)
    # A day that the database gave is an object of Python, without a type of its own.
    if pd.api.types.is_datetime64_dtype(kind) or (
        pd.api.types.is_object_dtype(kind) and pd.api.types.infer_dtype(cells) == "date"
    ):
        return st.column_config.DateColumn(heading, format="D MMM YYYY")
    return st.column_config.Column(heading)


def number_format(unit: str) -> str:
    """What a table column needs to write figures of `unit`, all with as many decimals."""
    return _FORMATS.get(units.canonical(unit), "localized")


_INSTANT = "D MMM YYYY, HH:mm:ss"
_FORMATS = {
    "money": "%,.2f",
    "amount": "%,.2f",
    "count": "%,d",
    "decimal": "%,.1f",
    "percent": "%.1f %%",
    "share": "percent",
    "ratio": "%.2f ×",
    "days": "%.1f d",
    "months": "%.1f mo",
    "hours": "%.1f h",
    "minutes": "%,.0f min",
    "seconds": "%.3f s",
    "milliseconds": "%.1f ms",
    "per_second": "%.2f/s",
    "bytes": "bytes",
}
