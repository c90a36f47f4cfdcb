"""From a frame to the numbers a chart is sent: wall clock, gaps, as many points as it can show."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
from tsdownsample import MinMaxLTTBDownsampler, NaNMinMaxLTTBDownsampler

POINTS = 2_000
BYTES = 56 * 1024
# A step of more than this many usual steps is a gap in the data.
_GAP = 2.5
Numbers = np.ndarray[Any, np.dtype[np.float64]]


def wall_clock(index: pd.Index, zone: ZoneInfo) -> Numbers:
    """Milliseconds that read, as UTC, what a clock in `zone` shows; days are their midnight.

    Charts show UTC, so the company's time is shown in whatever zone the browser is.
    """
    stamps = pd.DatetimeIndex(pd.to_datetime(index))
    if stamps.tz is not None:
        stamps = stamps.tz_convert(zone).tz_localize(None)
    return stamps.as_unit("ms").astype("int64").to_numpy().astype("float64")


def clock_of(at: datetime | date, zone: ZoneInfo) -> float:
    """The same for one instant or day."""
    moment = at if isinstance(at, datetime) else datetime.combine(at, time.min)
    shown = moment if moment.tzinfo is None else moment.astimezone(zone)
    return shown.replace(tzinfo=UTC).timestamp() * 1000 // 1


def broken_at_gaps(x: Numbers, values: Numbers) -> tuple[Numbers, Numbers]:
    """A row without figures wherever a step is missing or the clock is set back.

    values: one row a series. Without it a line would be drawn over hours nobody measured.
    """
    if len(x) < 3:
        return x, values
    steps = np.diff(x)
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    after = np.flatnonzero((steps > _GAP * usual) | (steps < 0)) + 1
    if usual <= 0 or len(after) == 0:
        return x, values
    return (
        np.insert(x, after, x[after - 1] + usual / 2),
        np.insert(values, after, np.nan, axis=1),
    )


def thinned(x: Numbers, values: Numbers, limit: int | None = None) -> tuple[Numbers, Numbers]:
    """At most 2,000 rows and 64 KiB: those that keep the shape of every series (MinMaxLTTB)."""
    rows = limit or min(POINTS, BYTES // (8 + 4 * max(1, len(values))))
    if len(x) <= rows:
        return x, values
    share = max(8, rows // max(1, len(values)))
    position = np.arange(len(x), dtype="float64")
    chosen = np.unique(np.concatenate([_chosen(position, line, share) for line in values]))
    return x[chosen], values[:, chosen]


def _chosen(position: Numbers, line: Numbers, count: int) -> Any:
    gaps = bool(np.isnan(line).any())
    downsampler: Any = (NaNMinMaxLTTBDownsampler if gaps else MinMaxLTTBDownsampler)()
    return downsampler.downsample(position, np.ascontiguousarray(line), n_out=count // 2 * 2)


def table(x: Numbers, values: Numbers) -> pa.Table:
    """Arrow columns `x`, `0`, `1` …; half precision is enough for a screen, CSV has it all."""
    columns = {"x": pa.array(x)}
    for number, line in enumerate(values):
        narrow = line.astype("float32")
        columns[str(number)] = pa.array(narrow, mask=~np.isfinite(narrow))
    return pa.table(columns)


def matrix(frame: pd.DataFrame) -> Numbers:
    """One row a column of the frame, as float64."""
    return np.ascontiguousarray(frame.to_numpy(dtype="float64", na_value=np.nan).T)
